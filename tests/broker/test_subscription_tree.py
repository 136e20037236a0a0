"""The tree agrees with amqtt's own matching and with the examples of MQTT 3.1.1."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from amqtt.broker import Broker
from hypothesis import given
from hypothesis import strategies as st

from backend.broker.mended.subscription_tree import SubscriptionTree, filter_matches

LEVELS = st.sampled_from(["a", "b", "", "$s"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = st.builds(
    lambda levels, rest: "/".join([*levels, *rest]),
    st.lists(st.one_of(LEVELS, st.just("+")), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
).filter(bool)


@given(FILTERS, TOPICS)
def test_it_matches_as_amqtt_does(topic_filter, topic):
    amqtt = SimpleNamespace(logger=logging.getLogger("test"))
    theirs = Broker._matches(amqtt, topic, topic_filter)
    if topic_filter == f"{topic}/#":
        # MQTT 3.1.1, 4.7.1.2: "sport/#" also matches the singular "sport"; amqtt says no.
        theirs = True
    if topic_filter.endswith("/#") and not theirs:
        parent = topic_filter.removesuffix("/#")
        theirs = Broker._matches(amqtt, topic, parent)
    assert filter_matches(topic_filter, topic) == theirs


@pytest.mark.parametrize(
    ("topic_filter", "topic", "matches"),
    [
        ("sport/#", "sport", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("+", "/finance", False),
        ("/+", "/finance", True),
        ("+/+", "/finance", True),
        ("#", "$SYS/monitor", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/monitor", True),
    ],
)
def test_the_examples_of_the_standard(topic_filter, topic, matches):
    assert filter_matches(topic_filter, topic) is matches


@given(st.lists(st.tuples(FILTERS, st.sampled_from(["x", "y"])), max_size=12), TOPICS)
def test_what_is_removed_leaves_no_trace(subscriptions, topic):
    tree = SubscriptionTree()
    for topic_filter, client_id in subscriptions:
        tree.add(topic_filter, client_id, 1)
    for topic_filter, client_id in subscriptions:
        if client_id == "x":
            tree.remove(topic_filter, client_id)
    wanted = any(c == "y" and filter_matches(f, topic) for f, c in subscriptions)
    assert tree.subscribers(topic) == ({"y": 1} if wanted else {})
    tree.remove_all("y")
    assert not tree._root.children


def test_overlapping_filters_deliver_once_at_the_highest_qos():
    tree = SubscriptionTree()
    tree.add("a/#", "x", 0)
    tree.add("a/b", "x", 1)
    assert tree.subscribers("a/b") == {"x": 1}
