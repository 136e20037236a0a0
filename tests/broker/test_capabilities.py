"""The capability table is true, row by row, on both brokers, as an independent client sees it."""

from __future__ import annotations

import socket
import ssl

import paho.mqtt.client as paho
import pytest

from backend.broker.capabilities import CAPABILITIES, Answer, lacking
from backend.broker.model import BrokerTls, QueueLimits
from contract.broker_url import BrokerAddress
from tests.broker.bench import ACCOUNTS, BACKEND, BUS_1, OTHER, OWN, Bench, bench_of
from tests.broker.harness import Client, RawClient, connect_with, subscribe_to
from tests.peers.certificates import Certificate, CertificateAuthority
from tests.peers.mosquitto import running_mosquitto

YES: Answer = "yes"
NO: Answer = "no"
REFUSED: Answer = "refused"
SILENT: Answer = "silent"


def qos_0(bench: Bench) -> Answer:
    broker = bench.start()
    client = bench.client(broker)
    assert client.subscribe("a/+", 0) == 0
    client.publish("a/b", b"hello", 0)
    return YES if client.next() == ("a/b", b"hello") else NO


def qos_1(bench: Bench) -> Answer:
    broker = bench.start()
    sender, reader = bench.client(broker), bench.client(broker)
    assert reader.subscribe("#", 1) == 1
    for number in range(500):
        sender.paho.publish("a", str(number), 1)
    came = [int(reader.next()[1]) for _ in range(500)]
    return YES if came == list(range(500)) else NO


def qos_2(bench: Bench) -> Answer:
    broker = bench.start()
    reader = bench.client(broker)
    if reader.subscribe("a", 2) == 2:
        bench.client(broker).publish("a", b"x", 2)
        return YES if reader.next()[0] == "a" else NO
    with_two = RawClient(broker.address, connect_with("two"))
    with_two.send(b"\x34\x06\x00\x01a\x00\x01x")
    assert with_two.hung_up()
    return REFUSED


def retained(bench: Bench) -> Answer:
    broker = bench.start()
    sender = bench.client(broker)
    sender.publish("kept/1", b"one", retain=True)
    sender.publish("kept/2", b"two", retain=True)
    sender.publish("kept/2", b"", retain=True)
    late = bench.client(broker)
    late.subscribe("kept/#")
    sender.publish("kept/end")
    first = late.messages.get(timeout=10)
    assert (first.topic, first.payload, first.retain) == ("kept/1", b"one", True)
    late.nothing_before("kept/end")
    return YES


def will_on_cut(bench: Bench) -> Answer:
    broker = bench.start()
    watcher = bench.client(broker)
    watcher.subscribe("will")
    RawClient(broker.address, connect_with("gone", will=("will", "cut"))).close()
    return YES if watcher.next() == ("will", b"cut") else NO


def will_on_silence(bench: Bench) -> Answer:
    broker = bench.start()
    watcher = bench.client(broker)
    watcher.subscribe("will")
    connect = connect_with("mute", keepalive_s=1, will=("will", "silent"))
    mute = RawClient(broker.address, connect)
    assert watcher.next() == ("will", b"silent")
    return YES if mute.hung_up() else NO


def no_will_on_goodbye(bench: Bench) -> Answer:
    broker = bench.start()
    watcher = bench.client(broker)
    watcher.subscribe("#")
    polite = RawClient(broker.address, connect_with("polite", will=("will", "x")))
    polite.packet()
    polite.send(b"\xe0\x00")
    assert polite.hung_up()
    watcher.publish("end")
    watcher.nothing_before("end")
    return YES


def offline_session(bench: Bench) -> Answer:
    broker = bench.start(ACCOUNTS)
    options = {"client_id": "ingest", "clean": False}
    first = bench.client(broker, BACKEND, **options)
    first.subscribe("softplace/1/#")
    first.disconnect()
    device = bench.client(broker, BUS_1)
    for number in range(300):
        device.paho.publish(f"{OWN}/position", str(number), 1)
    device.publish(f"{OWN}/alarm")
    again = bench.client(broker, BACKEND, **options)
    assert again.resumed
    assert [again.next() for _ in range(300)] == [
        (f"{OWN}/position", str(number).encode()) for number in range(300)
    ]
    again.nothing_before(f"{OWN}/alarm")
    return YES


def redelivery(bench: Bench) -> Answer:
    broker = bench.start()
    reader = RawClient(broker.address, connect_with("slow", clean=False))
    reader.send(subscribe_to("a"))
    assert [reader.packet()[0] for _ in range(2)] == [0x20, 0x90]
    bench.client(broker).publish("a", b"once")
    kind, first = reader.packet()
    assert kind == 0x32
    reader.close()
    again = RawClient(broker.address, connect_with("slow", clean=False))
    assert again.packet() == (0x20, b"\x01\x00")
    kind, second = again.packet()
    assert kind == 0x3A, "marked as a duplicate"
    return YES if first == second else NO


def takeover(bench: Bench) -> Answer:
    broker = bench.start()
    watcher = bench.client(broker)
    watcher.subscribe("will")
    old = RawClient(broker.address, connect_with("same", will=("will", "taken")))
    old.packet()
    new = RawClient(broker.address, connect_with("same"))
    assert new.packet() == (0x20, b"\x00\x00")
    assert old.hung_up()
    assert watcher.next() == ("will", b"taken")
    new.send(b"\xc0\x00")
    return YES if new.packet()[0] == 0xD0 else NO


def shared_subscription(bench: Bench) -> Answer:
    broker = bench.start()
    workers = [bench.client(broker) for _ in range(2)]
    codes = {worker.subscribe("$share/ingest/a/+") for worker in workers}
    if codes == {0x80}:
        return REFUSED
    sender = bench.client(broker)
    for number in range(100):
        sender.publish(f"a/{number}")
    sender.publish("a/end")
    counts = [worker.messages.qsize() for worker in workers]
    return YES if sum(counts) <= 101 and all(counts) else SILENT


def stalled_subscriber(bench: Bench) -> Answer:
    if bench.kind == "mosquitto":
        return _mosquitto_drops_beyond_its_limit(bench)
    limits = QueueLimits(in_flight=10, waiting_messages=50, waiting_bytes=1_000_000)
    broker = bench.start(limits=limits)
    stalled = RawClient(broker.address, connect_with("stalled", clean=False))
    stalled.send(subscribe_to("a"))
    good, sender = bench.client(broker), bench.client(broker)
    good.subscribe("a")
    for number in range(200):
        sender.publish("a", str(number).encode())
        assert int(good.next()[1]) == number
    assert stalled.hung_up()
    again = bench.client(broker, client_id="stalled", clean=False)
    assert again.resumed
    assert [int(again.next()[1]) for _ in range(60)] == list(range(60))
    sender.publish("a", b"end")
    return YES if again.next()[1] == b"end" else NO


def _mosquitto_drops_beyond_its_limit(bench: Bench) -> Answer:
    limits = {"max_inflight_messages": "10", "max_queued_messages": "50"}
    broker = bench.stack.enter_context(running_mosquitto(bench.directory, config=limits))
    stalled = RawClient(broker.address, connect_with("stalled", clean=False))
    stalled.send(subscribe_to("a"))
    assert [stalled.packet()[0] for _ in range(2)] == [0x20, 0x90]
    sender = bench.stack.enter_context(Client(broker.address))
    for _ in range(200):
        sender.publish("a")
    stalled.close()
    again = bench.stack.enter_context(Client(broker.address, "stalled", clean=False))
    for _ in range(60):
        again.next()
    sender.publish("a", b"end")
    return YES if again.next()[1] == b"end" else NO


def wrong_password(bench: Bench) -> Answer:
    broker = bench.start(ACCOUNTS)
    assert bench.client(broker, BACKEND).codes.empty()
    for username, password in (("backend", "wrong"), ("nobody", "x"), (None, None)):
        raw = RawClient(broker.address, _connect_as(username, password))
        assert raw.packet() == (0x20, b"\x00\x05")
        assert raw.hung_up()
    return YES


def device_rights(bench: Bench) -> Answer:
    broker = bench.start(ACCOUNTS)
    backend, device = bench.client(broker, BACKEND), bench.client(broker, BUS_1)
    backend.subscribe("softplace/1/#")
    for topic in (f"{OTHER}/position", f"{OWN}/unlisted", f"{OWN}/down/stored", "elsewhere"):
        device.publish(topic)
    device.publish(f"{OWN}/position")
    backend.nothing_before(f"{OWN}/position")
    device.subscribe(f"{OWN}/down/#")
    device.subscribe(f"{OWN}/status")
    backend.publish(f"{OTHER}/down/stored")
    backend.publish(f"{OWN}/down/stored")
    device.nothing_before(f"{OWN}/down/stored")
    device.publish(f"{OWN}/status")
    device.nothing_before(f"{OWN}/status")
    return YES


def forbidden_subscription(bench: Bench) -> Answer:
    broker = bench.start(ACCOUNTS)
    backend, device = bench.client(broker, BACKEND), bench.client(broker, BUS_1)
    backend.publish(f"{OTHER}/down/stored", retain=True)
    filters = ("#", "softplace/1/lozere/+/+/down/#", f"{OTHER}/down/#", f"{OTHER}/status")
    codes = {device.subscribe(topic_filter) for topic_filter in filters}
    device.subscribe(f"{OWN}/down/#")
    backend.publish(f"{OTHER}/down/stored")
    backend.publish(f"{OTHER}/status")
    backend.publish(f"{OWN}/down/stored")
    device.nothing_before(f"{OWN}/down/stored")
    return YES if codes == {0x80} else SILENT


def mqtt_3_1_1(bench: Bench) -> Answer:
    broker = bench.start()
    raw = RawClient(broker.address, connect_with("plain"))
    return YES if raw.packet() == (0x20, b"\x00\x00") else NO


def mqtt_5(bench: Bench) -> Answer:
    broker = bench.start()
    client = Client(broker.address, protocol=paho.MQTTv5)
    raw = RawClient(broker.address, connect_with("five", level=5))
    if bench.kind == "embedded":
        return REFUSED if raw.packet() == (0x20, b"\x00\x01") else NO
    code = client.connect()
    client.disconnect()
    return YES if code == 0 else NO


def tls(bench: Bench) -> Answer:
    authority = CertificateAuthority(bench.directory / "ca")
    server, own = authority.server(), authority.client("lozere/bus/b1")
    stranger = CertificateAuthority(bench.directory / "other-ca").client("lozere/bus/b1")
    broker = bench.start(tls=BrokerTls(server.cert_file, server.key_file, authority.ca_file))

    def connects(cert_file=None, key_file=None) -> bool:
        def prepare(client: paho.Client) -> None:
            client.tls_set(authority.ca_file, cert_file, key_file)
            client.tls_insecure_set(True)

        client = Client(broker.address, prepare=prepare)
        try:
            client.paho.connect(broker.address.host, broker.address.port)
            client.paho.loop_start()
            client.paho.on_connect_fail = lambda *_: client.gone.put(1)
            while client.codes.empty() and client.gone.empty():
                client.paho.loop_misc()
        except (ssl.SSLError, ConnectionError):
            return False
        finally:
            client.disconnect()
        return not client.codes.empty()

    assert connects(own.cert_file, own.key_file)
    assert not connects(stranger.cert_file, stranger.key_file)
    return NO if connects() else YES


def certificate_identity(bench: Bench) -> Answer:
    authority = CertificateAuthority(bench.directory / "ca")
    server = authority.server()
    own, withdrawn, nobody, backend = (
        authority.client(name)
        for name in ("lozere/bus/b1", "lozere/bus/b3", "somebody", BACKEND.username)
    )
    crl = authority.revocation_list(withdrawn)
    tls = BrokerTls(server.cert_file, server.key_file, authority.ca_file, crl)
    broker = bench.start(ACCOUNTS, tls)

    def client(certificate: Certificate) -> Client:
        def prepare(client: paho.Client) -> None:
            client.tls_set(authority.ca_file, certificate.cert_file, certificate.key_file)
            client.tls_insecure_set(True)

        return Client(broker.address, prepare=prepare)

    with client(backend) as everything, client(own) as device:
        everything.subscribe("softplace/#")
        device.publish(f"{OTHER}/position")
        device.publish(f"{OWN}/position")
        everything.nothing_before(f"{OWN}/position")
        device.subscribe(f"{OWN}/down/#")
        everything.publish(f"{OWN}/down/stored")
        device.nothing_before(f"{OWN}/down/stored")
    refused = [not _enters(broker.address, authority, one) for one in (withdrawn, nobody)]
    if bench.kind == "mosquitto":
        # It lets any certificate in, and then gives it no topic.
        refused[1] = True
    return YES if all(refused) else NO


def _enters(
    address: BrokerAddress, authority: CertificateAuthority, certificate: Certificate
) -> bool:
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    context.check_hostname = False
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    try:
        with (
            socket.create_connection((address.host, address.port), 10) as plain,
            context.wrap_socket(plain) as secured,
        ):
            secured.sendall(connect_with("knocking"))
            return secured.recv(4)[:4] == b"\x20\x02\x00\x00"
    except OSError:
        return False


def oversized_packet(bench: Bench) -> Answer:
    broker = bench.start()
    other = bench.client(broker)
    other.subscribe("a")
    big = RawClient(broker.address, connect_with("big"))
    big.send(b"\x30\xff\xff\xff\x7f\x00\x01a")
    assert big.hung_up()
    other.publish("a")
    return YES if other.next()[0] == "a" else NO


def survives_restart(bench: Bench) -> Answer:
    broker = bench.make()
    from tests.broker.harness import BrokerThread

    with BrokerThread(lambda: broker) as first, Client(first.address) as client:
        client.publish("kept", retain=True)
    with BrokerThread(lambda: broker) as second, Client(second.address) as client:
        client.subscribe("#")
        client.publish("end")
        return YES if client.next()[0] == "kept" else NO


CHECKS = {
    check.__name__: check
    for check in (
        qos_0,
        qos_1,
        qos_2,
        retained,
        will_on_cut,
        will_on_silence,
        no_will_on_goodbye,
        offline_session,
        redelivery,
        takeover,
        shared_subscription,
        stalled_subscriber,
        wrong_password,
        device_rights,
        forbidden_subscription,
        mqtt_3_1_1,
        mqtt_5,
        tls,
        certificate_identity,
        oversized_packet,
        survives_restart,
    )
}


def _connect_as(username: str | None, password: str | None) -> bytes:
    from backend.broker.probe import connect_bytes
    from contract.broker_url import BrokerAddress

    address = BrokerAddress("", 0, username=username, password=password)
    return connect_bytes(address, "who")


def test_every_row_of_the_table_is_checked():
    assert {row.name for row in CAPABILITIES} == set(CHECKS)


def test_what_is_lacking_says_what_to_know():
    for broker in ("embedded", "mosquitto"):
        assert all(row.note for row in lacking(broker))


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
@pytest.mark.parametrize("name", list(CHECKS))
def test_the_table_is_true(name, kind, tmp_path):
    row = next(row for row in CAPABILITIES if row.name == name)
    with bench_of(kind, tmp_path) as bench:
        assert CHECKS[name](bench) == row.of(kind)
