"""The benchmarks: each module offers `measure()`, an async iterator of figures."""
