"""The bills of two kinds of penguins: a small real data set."""

import torch

# Bill length and depth in mm, a penguin each pair. Gorman, Williams and Fraser
# (2014), doi:10.1371/journal.pone.0090081; public domain (CC0).
ADELIE = """
39.1 18.7  39.5 17.4  40.3 18.0  36.7 19.3  39.3 20.6  38.9 17.8  39.2 19.6
34.1 18.1  42.0 20.2  37.8 17.1  37.8 17.3  41.1 17.6  38.6 21.2  34.6 21.1
36.6 17.8  38.7 19.0  42.5 20.7  34.4 18.4  46.0 21.5  37.8 18.3  37.7 18.7
35.9 19.2  38.2 18.1  38.8 17.2  35.3 18.9  40.6 18.6  40.5 17.9  37.9 18.6
40.5 18.9  39.5 16.7  37.2 18.1  39.5 17.8  40.9 18.9  36.4 17.0  39.2 21.1
38.8 20.0  42.2 18.5  37.6 19.3  39.8 19.1  36.5 18.0  40.8 18.4  36.0 18.5
44.1 19.7  37.0 16.9  39.6 18.8  41.1 19.0  37.5 18.9  36.0 17.9  42.3 21.2
39.6 17.7  40.1 18.9  35.0 17.9  42.0 19.5  34.5 18.1  41.4 18.6  39.0 17.5
40.6 18.8  36.5 16.6  37.6 19.1  35.7 16.9  41.3 21.1  37.6 17.0  41.1 18.2
36.4 17.1  41.6 18.0  35.5 16.2  41.1 19.1  35.9 16.6  41.8 19.4  33.5 19.0
39.7 18.4  39.6 17.2  45.8 18.9  35.5 17.5  42.8 18.5  40.9 16.8  37.2 19.4
36.2 16.1  42.1 19.1  34.6 17.2  42.9 17.6  36.7 18.8  35.1 19.4  37.3 17.8
41.3 20.3  36.3 19.5  36.9 18.6  38.3 19.2  38.9 18.8  35.7 18.0  41.1 18.1
34.0 17.1  39.6 18.1  36.2 17.3  40.8 18.9  38.1 18.6  40.3 18.5  33.1 16.1
43.2 18.5  35.0 17.9  41.0 20.0  37.7 16.0  37.8 20.0  37.9 18.6  39.7 18.9
38.6 17.2  38.2 20.0  38.1 17.0  43.2 19.0  38.1 16.5  45.6 20.3  39.7 17.7
42.2 19.5  39.6 20.7  42.7 18.3  38.6 17.0  37.3 20.5  35.7 17.0  41.1 18.6
36.2 17.2  37.7 19.8  40.2 17.0  41.4 18.5  35.2 15.9  40.6 19.0  38.8 17.6
41.5 18.3  39.0 17.1  44.1 18.0  38.5 17.9  43.1 19.2  36.8 18.5  37.5 18.5
38.1 17.6  41.1 17.5  35.6 17.5  40.2 20.1  37.0 16.5  39.7 17.9  40.2 17.1
40.6 17.2  32.1 15.5  40.7 17.0  37.3 16.8  39.0 18.7  39.2 18.6  36.6 18.4
36.0 17.8  37.8 18.1  36.0 17.1  41.5 18.5
"""
CHINSTRAP = """
46.5 17.9  50.0 19.5  51.3 19.2  45.4 18.7  52.7 19.8  45.2 17.8  46.1 18.2
51.3 18.2  46.0 18.9  51.3 19.9  46.6 17.8  51.7 20.3  47.0 17.3  52.0 18.1
45.9 17.1  50.5 19.6  50.3 20.0  58.0 17.8  46.4 18.6  49.2 18.2  42.4 17.3
48.5 17.5  43.2 16.6  50.6 19.4  46.7 17.9  52.0 19.0  50.5 18.4  49.5 19.0
46.4 17.8  52.8 20.0  40.9 16.6  54.2 20.8  42.5 16.7  51.0 18.8  49.7 18.6
47.5 16.8  47.6 18.3  52.0 20.7  46.9 16.6  53.5 19.9  49.0 19.5  46.2 17.5
50.9 19.1  45.5 17.0  50.9 17.9  50.8 18.5  50.1 17.9  49.0 19.6  51.5 18.7
49.8 17.3  48.1 16.4  51.4 19.0  45.7 17.3  50.7 19.7  42.5 17.3  52.2 18.8
45.2 16.6  49.3 19.9  50.2 18.8  45.6 19.4  51.9 19.5  46.8 16.5  45.7 17.0
55.8 19.8  43.5 18.1  49.6 18.2  50.8 19.0  50.2 18.7
"""


def penguins() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the bills of 219 penguins and their species, 0 or 1.

    The Palmer penguins were measured from 2007 to 2009 on islands near Palmer
    Station, Antarctica. Taken are all Adelie and Chinstrap penguins, in the
    order of the published table, without the one whose bill was not measured;
    the third species of that table, Gentoo, is left out.

    The data are in the public domain (CC0 1.0), so you may do with them what
    you like; the book names who collected them all the same.

    Returns:
        The pair x, y. The columns of x, shape (219, 2), default dtype, are
        the length and the depth of the bill in mm; y, shape (219,),
        torch.int64, is 0 for Adelie and 1 for Chinstrap.

    Example:
        The first penguin, and how many there are of each species:

        >>> x, y = penguins()
        >>> print(x[0], y[0])
        tensor([39.1000, 18.7000]) tensor(0)
        >>> print(torch.bincount(y))
        tensor([151,  68])

    Explained in:
        :doc:`/two-species-of-penguins`

    Source:
        Horst, Hill and Gorman, palmerpenguins, Palmer Archipelago
        (Antarctica) penguin data (2020), doi:10.5281/zenodo.3960218.
    """
    rows, labels = [], []
    for label, table in enumerate((ADELIE, CHINSTRAP)):
        numbers = torch.tensor([float(word) for word in table.split()])
        rows.append(numbers.reshape(-1, 2))  # (n of the species, 2)
        labels.append(torch.full((len(rows[-1]),), label))
    return torch.cat(rows), torch.cat(labels)  # (n, 2), (n,)
