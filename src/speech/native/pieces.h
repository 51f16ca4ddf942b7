// Memory for tensors, and for what the kernels need in between.

#pragma once

#include <cstddef>

// At least so many bytes, on a cache line of their own. Throws std::bad_alloc.
void* take_piece(size_t bytes);

// Frees what `take_piece` gave, or nothing.
void give_piece(void* piece) noexcept;
