"""What runs on the server. Imports `contract`, never `edge`."""
