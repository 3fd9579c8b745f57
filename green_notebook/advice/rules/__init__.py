"""The rules, one file per subject. A file here is found by itself: there is no list to extend."""
