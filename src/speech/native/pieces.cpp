// Where tensors get their memory from: large pieces come from the system one by one, and a few that were freed wait for the next of their size.
//
// libtorch takes memory anew for every intermediate result. In a heap that several threads share, what one of them freed fits ever less well what
// another needs, so that an hour's peak was higher than that of ten minutes; and a heap that is given back often is cleared by the system as often.
// Here sizes are few, so that what was freed is found again, and what is held beside what is used has a limit.

#include "pieces.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <mutex>
#include <new>
#include <unordered_map>

namespace {

constexpr size_t LARGE = size_t{256} << 10;  // smaller ones are the heap's
constexpr size_t HUGE_PAGE = size_t{2} << 20;
constexpr size_t PAGE = 4096;
constexpr size_t LINE = 64;

size_t up(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

class Pieces {
public:
    void* take(size_t bytes) {
        // Four sizes from a power of two to the next: pages that nobody touches cost nothing.
        const size_t size = up(bytes, std::bit_floor(bytes) / 4);
        const std::lock_guard lock(turn);
        const auto found = std::find_if(held.rbegin(), held.rend(), [size](const Piece& one) { return one.size == size; });
        if (found == held.rend()) return fresh(size);
        void* start = found->start;
        used.emplace(start, size);
        sum -= size;
        held.erase(std::next(found).base());
        return start;
    }

    // Whether it is one of these.
    bool give(void* start) {
        const std::lock_guard lock(turn);
        const auto found = used.find(start);
        if (found == used.end()) return false;
        held.push_back({start, found->second});
        sum += found->second;
        used.erase(found);
        shrink(limit);
        return true;
    }

    size_t bytes_held() {
        const std::lock_guard lock(turn);
        return sum;
    }

    void hold(size_t most) {
        const std::lock_guard lock(turn);
        limit = most;
        shrink(limit);
    }

    void give_back() {
        const std::lock_guard lock(turn);
        shrink(0);
    }

private:
    struct Piece {
        void* start;
        size_t size;
    };

    void* fresh(size_t size) {
        const auto map = [size] { return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); };
        void* start = map();
        if (start == MAP_FAILED) {
            shrink(0);
            start = map();
        }
        if (start == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        // One page is cleared instead of 512, and found sooner. Where the system has none, nothing is lost.
        if (size >= HUGE_PAGE) madvise(start, size, MADV_HUGEPAGE);
#endif
        used.emplace(start, size);
        return start;
    }

    // Lets the oldest go: sizes that are needed no more.
    void shrink(size_t most) {
        while (sum > most) {
            const Piece oldest = held.front();
            munmap(oldest.start, oldest.size);
            sum -= oldest.size;
            held.pop_front();
        }
    }

    std::mutex turn;
    std::unordered_map<void*, size_t> used;
    std::deque<Piece> held;  // oldest first
    size_t sum = 0;          // of their sizes
    size_t limit = 0;        // of the sum
};

// Never destroyed: tensors may be freed while the program ends.
Pieces& pieces() {
    static Pieces* const all = new Pieces;
    return *all;
}

struct Allocator final : c10::Allocator {
    c10::DataPtr allocate(size_t bytes) override {
        void* piece = nullptr;
        try {
            if (bytes) piece = take_piece(bytes);
        } catch (const std::bad_alloc&) {
            TORCH_CHECK(false, "can't allocate memory: ", bytes, " bytes for a tensor");
        }
        return {piece, piece, &give_piece, c10::Device(c10::DeviceType::CPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &give_piece; }

    void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

}  // namespace

void* take_piece(size_t bytes) {
    if (bytes >= LARGE) return pieces().take(bytes);
    void* piece = std::aligned_alloc(LINE, up(std::max(bytes, LINE), LINE));
    if (!piece) throw std::bad_alloc();
    return piece;
}

void give_piece(void* piece) noexcept {
    // What the heap gives begins a page only by chance.
    if (!piece || reinterpret_cast<uintptr_t>(piece) % PAGE != 0 || !pieces().give(piece)) std::free(piece);
}

// From now on libtorch takes its tensors' memory here; those that it has already are freed as they would have been. At most so many bytes are held
// that nobody uses.
extern "C" void reflector_keep_pieces(size_t most) {
    pieces().hold(most);
    static std::once_flag once;
    std::call_once(once, [] { c10::SetCPUAllocator(new Allocator, 1); });
}

// Returns what nobody uses to the system.
extern "C" void reflector_give_back_pieces() { pieces().give_back(); }

// Bytes that nobody uses, for the next ones of their sizes.
extern "C" size_t reflector_pieces_held() { return pieces().bytes_held(); }
