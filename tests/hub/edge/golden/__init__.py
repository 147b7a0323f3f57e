"""One set of cases for every adapter and every layout."""
