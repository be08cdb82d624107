"""Messages that did not arrive: what is tried instead, and which addresses take nothing."""
