"""What the pictures of sources are made of: the shapes of the records, which are made further down in the house."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nbops.records import SourceSeen

__all__ = ["ListedSource", "ReliabilityOfSource", "SeenAndWaiting", "WeekOfSource"]


class WeekOfSource(Protocol):
    """The deliveries of one week."""

    @property
    def monday(self) -> str:
        """The day it began."""

    @property
    def judged(self) -> int:
        """How many deliveries are known to have been on time or not."""

    @property
    def on_time(self) -> int:
        """How many of them were."""

    @property
    def minutes_late(self) -> float | None:
        """By how much the late ones were late."""


class ReliabilityOfSource(Protocol):
    """What is known of all deliveries."""

    @property
    def judged(self) -> int:
        """How many are known to have been on time or not."""

    @property
    def on_time(self) -> int:
        """How many of them were."""

    @property
    def missing(self) -> int:
        """How many never came."""

    @property
    def unknown(self) -> int:
        """Of how many nobody knows."""

    @property
    def minutes_late(self) -> float | None:
        """By how much the late ones were late."""

    @property
    def weeks(self) -> Sequence[WeekOfSource]:
        """The same by weeks."""


class ListedSource(Protocol):
    """One source of a list."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def url(self) -> str:
        """Where it is, without secrets."""

    @property
    def provider(self) -> str:
        """Who delivers it."""

    @property
    def owner(self) -> str:
        """Who answers for it."""

    @property
    def expectation(self) -> str:
        """When it is expected, in words."""

    @property
    def last(self) -> SourceSeen | None:
        """What the last look found."""

    @property
    def arrived_at(self) -> float | None:
        """When the last delivery arrived."""

    @property
    def next_due(self) -> float | None:
        """Until when the next one is expected."""

    @property
    def reliability(self) -> ReliabilityOfSource:
        """How reliable it is."""

    @property
    def looks(self) -> Sequence[SourceSeen]:
        """The last looks."""

    @property
    def is_defined(self) -> bool:
        """Whether it is still defined."""


class SeenAndWaiting(Protocol):
    """What a check found."""

    @property
    def seen(self) -> SourceSeen:
        """What was seen."""

    @property
    def waits_until(self) -> float | None:
        """Until when the next delivery is on time, when it is expected already."""
