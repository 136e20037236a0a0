"""An emulated OSDP door reader: card head, LED, buzzer, one relay, one input, tamper switch."""
