//! One table family a file: structs and their queries.
