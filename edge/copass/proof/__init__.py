"""Cards prove what they are: pure cryptography of DESFire cards, reading and personalising."""
