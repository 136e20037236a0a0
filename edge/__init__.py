"""What runs on the Raspberry Pi in a truck, a bus or a space. Imports `contract`, never `backend`."""
