"""Four eyes: mutes, maintenance windows and named exports, asked for by one, decided by another."""
