"""The arithmetic of examples/flights in plain Python: the same features, hashes, order of sums and updates.

Results differ from ours only where math.exp and our own exponential round differently, in the last bits.
"""

from collections import deque
from math import exp, sqrt

FEATURES = 2**18
SEED = 1
LEARNING_RATE = 0.1
EPSILON = 1e-8
NORMALISED_MAX = 10.0
Z_MAX = 35.0
WINDOW_MS = 2 * 3_600_000
HOUR_MS = 3_600_000
LATE_MINUTES = 15
NUMBERS = 3
CATEGORIES = ("origin", "destination", "route", "hour", "weekday", "originHour")


def hash_text(mixed, text):
    """FNV-1a over UTF-16 units with a unit 0 at the end; the texts hashed here are ASCII."""
    for unit in [*map(ord, text), 0]:
        mixed = ((mixed ^ (unit & 0xFF)) * 0x01000193) & 0xFFFFFFFF
        mixed = ((mixed ^ (unit >> 8)) * 0x01000193) & 0xFFFFFFFF
    return mixed


def mix(mixed):
    """The finalizer of MurmurHash3."""
    mixed = ((mixed ^ (mixed >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return mixed ^ (mixed >> 16)


class Hashed(dict):
    """Hashed index of each value of one category, worked out once."""

    def __init__(self, name):
        super().__init__()
        self.seed = hash_text(hash_text(0x811C9DC5, str(SEED)), name)

    def __missing__(self, value):
        index = self[value] = mix(hash_text(self.seed, str(value))) % FEATURES
        return index


class Learner:
    """Model and sliding windows. `learn` predicts a flight, then learns it."""

    def __init__(self, resumed=None):
        self.hashed = [Hashed(name) for name in CATEGORIES]
        self.examples = 0
        self.bias = [0.0, 0.0]
        self.weights = [0.0] * FEATURES
        self.squares = [0.0] * FEATURES
        # mean, sum of squared deviations, weight, accumulator, scale
        self.numbers = [[0.0] * 5 for _ in range(NUMBERS)]
        self.windows = {}
        if resumed is not None:
            learnt, self.examples, self.bias, self.numbers, self.windows = resumed
            for index, (weight, square) in learnt.items():
                self.weights[index] = weight
                self.squares[index] = square

    def snapshot(self):
        """A copy: what is snapshot must not change any more."""
        learnt = {index: (self.weights[index], square) for index, square in enumerate(self.squares) if square}
        numbers = [list(number) for number in self.numbers]
        windows = {key: [deque(events), late] for key, (events, late) in self.windows.items()}
        return learnt, self.examples, list(self.bias), numbers, windows

    def learn(self, flight):
        """A flight is (id, milliseconds, delay, distance, origin, destination); gives (id, probability, late)."""
        number_of_flight, time, delay, distance, origin, destination = flight
        late = 1 if delay > LATE_MINUTES else 0
        hours = time // HOUR_MS
        hour = hours % 24
        hash_origin, hash_destination, hash_route, hash_hour, hash_weekday, hash_origin_hour = self.hashed
        indexes = (
            hash_origin[origin],
            hash_destination[destination],
            hash_route[origin + destination],
            hash_hour[hour],
            hash_weekday[hours // 24 % 7],
            hash_origin_hour[f"{origin}{hour}"],
        )
        values = (distance, *self.count(origin, time, late))

        weights, squares, numbers, bias = self.weights, self.squares, self.numbers, self.bias
        z = bias[0]
        normalised = []
        for number, value in zip(numbers, values):
            scaled = (value - number[0]) * number[4]
            if scaled > NORMALISED_MAX:
                scaled = NORMALISED_MAX
            elif scaled < -NORMALISED_MAX:
                scaled = -NORMALISED_MAX
            normalised.append(scaled)
            z += number[2] * scaled
        for index in indexes:
            z += weights[index]
        z = Z_MAX if z > Z_MAX else -Z_MAX if z < -Z_MAX else z
        probability = 1.0 / (1.0 + exp(-z))

        error = probability - late
        square = bias[1] = bias[1] + error * error
        bias[0] -= (LEARNING_RATE * error) / (sqrt(square) + EPSILON)
        examples = self.examples = self.examples + 1
        for number, value, scaled in zip(numbers, values, normalised):
            gradient = error * scaled
            square = number[3] = number[3] + gradient * gradient
            number[2] -= (LEARNING_RATE * gradient) / (sqrt(square) + EPSILON)
            deviation = value - number[0]
            number[0] += deviation / examples
            number[1] += deviation * (value - number[0])
            number[4] = sqrt(examples / number[1]) if number[1] > 0 else 0.0
        for index in indexes:
            square = squares[index] = squares[index] + error * error
            weights[index] -= (LEARNING_RATE * error) / (sqrt(square) + EPSILON)
        return number_of_flight, probability, late

    def count(self, origin, time, late):
        """Departures within the window, this one included; and the share of late ones among those before."""
        window = self.windows.get(origin)
        if window is None:
            window = self.windows[origin] = [deque(), 0]
        events = window[0]
        horizon = time - WINDOW_MS
        while events and events[0][0] <= horizon:
            window[1] -= events.popleft()[1]
        before = len(events)
        share = window[1] / before if before else 0.0
        events.append((time, late))
        window[1] += late
        return before + 1, share
