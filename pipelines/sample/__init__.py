"""The sample that ships with winnow, and the program that writes it."""
