"""amqtt with its faults mended, one file per fault.

amqtt keeps its part: start, stop and listeners, the CONNECT packet and its checks, sessions,
SUBSCRIBE and UNSUBSCRIBE. Its way from one client to another is replaced, because that is where
the faults are; each file here says which one it mends.

| fault of amqtt 0.12.1 | mended in |
|---|---|
| a silent peer is never dropped, so its will never fires | silence.py |
| the old connection of a taken-over client id stays open | sessions.py |
| a stranger with the right client id empties a session before its password is read | sign_in.py |
| a will is not checked against the rights of its client | sign_in.py |
| `$share/...` is acknowledged as a literal topic and stays silent | subscribing.py |
| a stalled subscriber grows memory without bound | outgoing.py, delivery.py |
| what is in flight is forgotten after 5 s and at each disconnect | outgoing.py |
| a client that connects is sent retained messages it never asked for | broker.py |
| a message published at QoS 0 goes out at the QoS of the subscription | subscription_tree.py |
| packets of up to 256 MB are taken, a task started for each, malformed ones skipped | packets.py |
"""
