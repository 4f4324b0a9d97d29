"""The bills of the third kind of penguins, beside those of penguins.py."""

import torch

# Bill length and depth in mm, a penguin each pair. Gorman, Williams and Fraser
# (2014), doi:10.1371/journal.pone.0090081; public domain (CC0).
GENTOO = """
46.1 13.2  50.0 16.3  48.7 14.1  50.0 15.2  47.6 14.5  46.5 13.5  45.4 14.6
46.7 15.3  43.3 13.4  46.8 15.4  40.9 13.7  49.0 16.1  45.5 13.7  48.4 14.6
45.8 14.6  49.3 15.7  42.0 13.5  49.2 15.2  46.2 14.5  48.7 15.1  50.2 14.3
45.1 14.5  46.5 14.5  46.3 15.8  42.9 13.1  46.1 15.1  44.5 14.3  47.8 15.0
48.2 14.3  50.0 15.3  47.3 15.3  42.8 14.2  45.1 14.5  59.6 17.0  49.1 14.8
48.4 16.3  42.6 13.7  44.4 17.3  44.0 13.6  48.7 15.7  42.7 13.7  49.6 16.0
45.3 13.7  49.6 15.0  50.5 15.9  43.6 13.9  45.5 13.9  50.5 15.9  44.9 13.3
45.2 15.8  46.6 14.2  48.5 14.1  45.1 14.4  50.1 15.0  46.5 14.4  45.0 15.4
43.8 13.9  45.5 15.0  43.2 14.5  50.4 15.3  45.3 13.8  46.2 14.9  45.7 13.9
54.3 15.7  45.8 14.2  49.8 16.8  46.2 14.4  49.5 16.2  43.5 14.2  50.7 15.0
47.7 15.0  46.4 15.6  48.2 15.6  46.5 14.8  46.4 15.0  48.6 16.0  47.5 14.2
51.1 16.3  45.2 13.8  45.2 16.4  49.1 14.5  52.5 15.6  47.4 14.6  50.0 15.9
44.9 13.8  50.8 17.3  43.4 14.4  51.3 14.2  47.5 14.0  52.1 17.0  47.5 15.0
52.2 17.1  45.5 14.5  49.5 16.1  44.5 14.7  50.8 15.7  49.4 15.8  46.9 14.6
48.4 14.4  51.1 16.5  48.5 15.0  55.9 17.0  47.2 15.5  49.1 15.0  47.3 13.8
46.8 16.1  41.7 14.7  53.4 15.8  43.3 14.0  48.1 15.1  50.5 15.2  49.8 15.9
43.5 15.2  51.5 16.3  46.2 14.1  55.1 16.0  44.5 15.7  48.8 16.2  47.2 13.7
46.8 14.3  50.4 15.7  45.2 14.8  49.9 16.1
"""


def gentoo() -> torch.Tensor:
    """Return the bills of 123 gentoo penguins.

    The third species of the Palmer penguins, in the order of the published
    table, without the one whose bill was not measured; the snippet penguins
    has the other two. The data are in the public domain (CC0 1.0).

    Returns:
        The length and the depth of each bill in mm, shape (123, 2),
        default dtype.

    Example:
        The first bill, and how many there are:

        >>> x = gentoo()
        >>> print(x[0], len(x))
        tensor([46.1000, 13.2000]) 123

    Explained in:
        :doc:`/networks`

    Source:
        Horst, Hill and Gorman, palmerpenguins, Palmer Archipelago
        (Antarctica) penguin data (2020), doi:10.5281/zenodo.3960218.
    """
    numbers = torch.tensor([float(word) for word in GENTOO.split()])
    return numbers.reshape(-1, 2)  # (123, 2)
