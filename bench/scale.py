"""How much of everything: all of it, or a part to see that it runs."""

SHORTEST = 0.1


class Scale:
    def __init__(self, share):
        self.share = share

    def keys(self, count):
        return max(1000, int(count * self.share))

    def requests(self, count):
        return count if self.share >= 1 else max(200, int(count * self.share * 2.5))

    def seconds(self, count):
        return count * max(self.share, SHORTEST)
