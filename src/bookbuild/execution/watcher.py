"""Stub until the real one is merged."""

import contextlib, json


class Watcher:
    def __init__(self):
        self.namespace = {"__name__": "__main__"}
        self.statements = []

    def start_block(self, number, *, hidden, raises):
        self.number = number

    @contextlib.contextmanager
    def statement(self, node):
        yield
        self.statements.append({"block": self.number})


def dump(watcher):
    return json.dumps(watcher.statements)


def load(text):
    return json.loads(text)


Statement = dict
