//! Who may do what with which thing: pure decisions.
