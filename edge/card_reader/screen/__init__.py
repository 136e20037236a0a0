"""The screen beside a door: 480 by 320, words first, said aloud too."""
