"""From the card in the field to the relay, on an emulated reader at its real speed."""
