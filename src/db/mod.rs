//! Pools, migrations and the generated schema.
