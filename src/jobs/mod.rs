//! One stage a file: what a recording goes through after it was uploaded.
