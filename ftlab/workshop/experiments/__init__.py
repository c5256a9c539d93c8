"""The experiments behind the course's claims: each is a function of a seed, run by ``ftlab claims``."""
