// Products of integers: linear layers and the encoder's attention.
//
// Those of 16 bits are nearly as exact as float32's: twelve bits and a sign are sixteen times finer than the 8 bits that others compute with,
// and where sums of two products are one instruction (AVX2's pmaddwd, and still more AVX-512's dpwssd) twice as many go through a core as
// float32 ones. Those of 8 bits are twice as many again where four are one instruction (AVX-512's dpbusd). What is around a product in a
// Whisper is done while its numbers are in the cache: the norm before it, GELU and the sum with what went in after it. Scores of attention
// never leave it either; a row of logits is gone over once for the sum of their powers. Sums of integers can't run over: each depth below is
// as far as the largest numbers can go.

#include "pieces.h"

#include <ATen/Parallel.h>

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <new>

namespace {

constexpr int64_t WIDTH = 64;     // of a head, in every Whisper
constexpr int64_t BLOCK = 48;     // rows of a product that stay in the cache with a panel of weights
constexpr int64_t QUERIES = 24;   // of attention, likewise
constexpr int64_t KEYS = 128;     // whose scores are looked at together
constexpr int64_t FEW_KEYS = 32;  // whose values are summed up as integers
constexpr int64_t DEPTH = 64;     // groups of a row whose products are summed up as integers

constexpr float MOST_16 = 4095.0f;       // 4095 * 4095 * 2 * DEPTH < 2^31
constexpr float MOST_8 = 127.0f;
constexpr float MOST_QUERY = 4095.0f;    // 4095 * 8191 * WIDTH < 2^31
constexpr float MOST_KEY = 8191.0f;
constexpr float MOST_VALUE = 2047.0f;       // 2047 * 32767 * FEW_KEYS < 2^31
constexpr float LOG_SHARE = 14.99995597f;   // of 32767, to 2
static_assert(4095LL * 4095 * 2 * DEPTH < 1LL << 31);
static_assert(255LL * 127 * 4 * DEPTH < 1LL << 31);
static_assert(4095LL * 8191 * WIDTH < 1LL << 31);
static_assert(2047LL * 32767 * FEW_KEYS < 1LL << 31);

struct Free {
    void operator()(void* memory) const { give_piece(memory); }
};
template <class T>
using Array = std::unique_ptr<T[], Free>;

// Room for so many, on a cache line of its own.
template <class T>
Array<T> room(int64_t count) {
    return Array<T>(static_cast<T*>(take_piece(static_cast<size_t>(count) * sizeof(T))));
}

// Two numbers of 16 bits or four of 8, which follow each other.
using Group = int32_t;

// What is the same of numbers of so many bits, whose instructions multiply them.
struct OfSixteen {
    static constexpr int64_t PER = 2;  // in a group
    static constexpr float MOST = MOST_16;
    static constexpr bool SHIFTED = false;
};
struct OfEight {
    static constexpr int64_t PER = 4;
    static constexpr float MOST = MOST_8;
    static constexpr bool SHIFTED = true;
};

// A linear layer's weights, as integers: [panel][group of inputs][column], and what one of each column's stands for. Inputs of 8 bits are made
// positive by 128 more, which adds to each column's sum; `shifts` takes it away.
struct Layer {
    int64_t in, out;
    const Group* panels;
    const float* scales;
    const float* bias;
    const float* shifts;
};

}  // namespace

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace {
namespace narrow {
struct Lanes {
#define OP static __attribute__((always_inline)) inline
    using F = __m256;
    using I = __m256i;
    // Of sums: one type through the whole loop, or the compiler keeps each sum twice.
    using S = int __attribute__((vector_size(32)));
    static constexpr int N = 8;
    static constexpr int VECS = 2;

    OP S none() { return S{}; }
    OP I load(const Group* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    OP void keep(Group* p, I x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x); }
    OP I group(const Group* p) { return _mm256_set1_epi32(*p); }
    OP F real(S x) { return _mm256_cvtepi32_ps(reinterpret_cast<I>(x)); }
    OP I whole(F x) { return _mm256_cvtps_epi32(x); }
    OP I paired(I a, I b) { return _mm256_or_si256(_mm256_and_si256(a, _mm256_set1_epi32(0xffff)), _mm256_slli_epi32(b, 16)); }

    struct Sixteen : OfSixteen {
        OP S multiply(S sum, I a, I b) { return sum + reinterpret_cast<S>(_mm256_madd_epi16(a, b)); }
        OP void narrow(Group* p, F x) {
            const I i = _mm256_cvtps_epi32(x);
            const __m128i both = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(p), both);
        }
    };

    OP F all(float x) { return _mm256_set1_ps(x); }
    OP F get(const float* p) { return _mm256_loadu_ps(p); }
    OP void store(float* p, F x) { _mm256_storeu_ps(p, x); }
    OP F add(F a, F b) { return _mm256_add_ps(a, b); }
    OP F minus(F a, F b) { return _mm256_sub_ps(a, b); }
    OP F times(F a, F b) { return _mm256_mul_ps(a, b); }
    OP F over(F a, F b) { return _mm256_div_ps(a, b); }
    OP F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
    OP F greater(F a, F b) { return _mm256_max_ps(a, b); }
    OP F size(F x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
    OP F nearest(F x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
    OP F shifted(F x, F power) {
        return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), _mm256_slli_epi32(_mm256_cvtps_epi32(power), 23)));
    }
    OP float total(F x) {
        __m128 y = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        y = _mm_add_ps(y, _mm_movehl_ps(y, y));
        return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
    }
    OP float largest(F x) {
        __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        y = _mm_max_ps(y, _mm_movehl_ps(y, y));
        return _mm_cvtss_f32(_mm_max_ss(y, _mm_movehdup_ps(y)));
    }
};
#include "tiles.h"
}  // namespace narrow
}  // namespace
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")
namespace {
namespace wide {
struct Lanes {
    using F = __m512;
    using I = __m512i;
    using S = int __attribute__((vector_size(64)));
    static constexpr int N = 16;
    static constexpr int VECS = 4;

    OP S none() { return S{}; }
    OP I load(const Group* p) { return _mm512_loadu_si512(p); }
    OP void keep(Group* p, I x) { _mm512_storeu_si512(p, x); }
    OP I group(const Group* p) { return _mm512_set1_epi32(*p); }
    OP F real(S x) { return _mm512_cvtepi32_ps(reinterpret_cast<I>(x)); }
    OP I whole(F x) { return _mm512_cvtps_epi32(x); }
    OP I paired(I a, I b) { return _mm512_or_si512(_mm512_and_si512(a, _mm512_set1_epi32(0xffff)), _mm512_slli_epi32(b, 16)); }

    struct Sixteen : OfSixteen {
        OP S multiply(S sum, I a, I b) { return reinterpret_cast<S>(_mm512_dpwssd_epi32(reinterpret_cast<I>(sum), a, b)); }
        OP void narrow(Group* p, F x) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(x)));
        }
    };
    // Inputs from 1 to 255, weights from -127 to 127.
    struct Eight : OfEight {
        OP S multiply(S sum, I a, I b) { return reinterpret_cast<S>(_mm512_dpbusd_epi32(reinterpret_cast<I>(sum), a, b)); }
        OP void narrow(Group* p, F x) {
            const I i = _mm512_add_epi32(_mm512_cvtps_epi32(x), _mm512_set1_epi32(128));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(i));
        }
    };

    OP F all(float x) { return _mm512_set1_ps(x); }
    OP F get(const float* p) { return _mm512_loadu_ps(p); }
    OP void store(float* p, F x) { _mm512_storeu_ps(p, x); }
    OP F add(F a, F b) { return _mm512_add_ps(a, b); }
    OP F minus(F a, F b) { return _mm512_sub_ps(a, b); }
    OP F times(F a, F b) { return _mm512_mul_ps(a, b); }
    OP F over(F a, F b) { return _mm512_div_ps(a, b); }
    OP F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
    OP F greater(F a, F b) { return _mm512_max_ps(a, b); }
    OP F size(F x) { return _mm512_abs_ps(x); }
    OP F nearest(F x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
    OP F shifted(F x, F power) {
        return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32(_mm512_cvtps_epi32(power), 23)));
    }
    OP float total(F x) { return _mm512_reduce_add_ps(x); }
    OP float largest(F x) { return _mm512_reduce_max_ps(x); }
};
#include "tiles.h"
}  // namespace wide
}  // namespace
#pragma GCC pop_options
#undef OP

namespace {

// Whose instructions, and numbers of how many bits.
enum Way : int32_t { NARROW_16 = 0, WIDE_16 = 1, WIDE_8 = 2 };

// A layer with the memory that it looks at.
struct Packed {
    Layer layer;
    Array<Group> panels;
    Array<float> scales, bias, shifts;
    int64_t number;  // of panels
    int64_t groups;  // of a row
    Way way;
};

// One task for each block of rows, or for each part of the panels where there is one block only.
struct Work {
    const Packed& packed;
    const float *x, *norm_weight, *norm_bias, *add;
    bool bend;
    float* out;

    void rows(int64_t first, int64_t count, Group* whole, float* steps, float* scratch) const {
        const int64_t in = packed.layer.in;
        const auto all = packed.way == WIDE_8    ? wide::quantise<wide::Lanes::Eight>
                         : packed.way == WIDE_16 ? wide::quantise<wide::Lanes::Sixteen>
                                                 : narrow::quantise<narrow::Lanes::Sixteen>;
        all(x + first * in, in, count, norm_weight, norm_bias, scratch, whole, steps);
    }

    void columns(int64_t first, int64_t count, const Group* whole, const float* steps, int64_t from, int64_t to) const {
        const int64_t place = first * packed.layer.out;
        const auto all = packed.way == WIDE_8    ? wide::multiply<wide::Lanes::Eight>
                         : packed.way == WIDE_16 ? wide::multiply<wide::Lanes::Sixteen>
                                                 : narrow::multiply<narrow::Lanes::Sixteen>;
        all(packed.layer, whole, steps, count, from, to, add ? add + place : nullptr, bend, out + place);
    }
};

}  // namespace

// weight: float32 [out, in], in a multiple of 16; bias: [out] or null. Null where there is no memory. `way`: AVX-512 with VNNI for all but the first.
extern "C" void* reflector_pack_integers(const float* weight, const float* bias, int64_t out, int64_t in, int32_t way) try {
    const bool eight = way == WIDE_8;
    const int64_t columns = way == NARROW_16 ? narrow::COLUMNS : wide::COLUMNS, per = eight ? 4 : 2;
    const int64_t number = (out + columns - 1) / columns, padded = number * columns;
    const float most = eight ? MOST_8 : MOST_16;
    auto packed = std::make_unique<Packed>();
    packed->number = number;
    packed->groups = in / per;
    packed->way = static_cast<Way>(way);
    packed->panels = room<Group>(padded * packed->groups);
    packed->scales = room<float>(padded);
    packed->bias = room<float>(padded);
    packed->shifts = room<float>(padded);
    const auto pack = [&](int64_t row) {
        float largest = 0.0f;
        for (int64_t i = 0; row < out && i < in; i++) largest = std::fmax(largest, std::fabs(weight[row * in + i]));
        packed->scales[row] = largest / most;
        packed->bias[row] = bias && row < out ? bias[row] : 0.0f;
        const float inverse = largest > 0.0f ? most / largest : 0.0f;
        Group* to = packed->panels.get() + row / columns * columns * packed->groups + row % columns;
        int64_t sum = 0;
        for (int64_t i = 0; i < in; i++) {
            const auto whole = row < out ? static_cast<int16_t>(std::lrintf(weight[row * in + i] * inverse)) : int16_t{0};
            const auto small = static_cast<int8_t>(whole);
            char* place = reinterpret_cast<char*>(to + i / per * columns);
            if (eight) std::memcpy(place + i % per, &small, sizeof small);
            else std::memcpy(place + i % per * sizeof whole, &whole, sizeof whole);
            sum += whole;
        }
        packed->shifts[row] = static_cast<float>(-128 * sum);
    };
    at::parallel_for(0, padded, 64, [&](int64_t first, int64_t last) {
        for (int64_t row = first; row < last; row++) pack(row);
    });
    packed->layer = {in, out, packed->panels.get(), packed->scales.get(), packed->bias.get(), packed->shifts.get()};
    return packed.release();
} catch (const std::bad_alloc&) {
    return nullptr;
}

// x: float32 [rows, in] to [rows, out]. Where there are weights of a norm, x goes through it first; `bend`: GELU of what comes out; `add`, like
// out, is added at the end. False where there is no memory.
extern "C" bool reflector_multiply(const void* made, const float* x, int64_t rows, const float* norm_weight, const float* norm_bias,
                                  const float* add, bool bend, float* out) try {
    const Packed& packed = *static_cast<const Packed*>(made);
    const Work work{packed, x, norm_weight, norm_bias, add, bend, out};
    const int64_t in = packed.layer.in, blocks = (rows + BLOCK - 1) / BLOCK;
    const auto each = [&](int64_t first, int64_t last) {
        const auto whole = room<Group>(BLOCK * packed.groups);
        const auto scratch = room<float>(in);
        float steps[BLOCK];
        for (int64_t row = first * BLOCK; row < rows && row < last * BLOCK; row += BLOCK) {
            const int64_t count = rows - row < BLOCK ? rows - row : BLOCK;
            work.rows(row, count, whole.get(), steps, scratch.get());
            work.columns(row, count, whole.get(), steps, 0, packed.number);
        }
    };
    if (blocks > 1) {
        at::parallel_for(0, blocks, 1, each);
    } else if (rows > 0) {
        const auto whole = room<Group>(rows * packed.groups);
        const auto scratch = room<float>(in);
        float steps[BLOCK];
        work.rows(0, rows, whole.get(), steps, scratch.get());
        at::parallel_for(0, packed.number, 16, [&](int64_t from, int64_t to) { work.columns(0, rows, whole.get(), steps, from, to); });
    }
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

extern "C" void reflector_free_integers(void* made) { delete static_cast<Packed*>(made); }

// Attention of the tokens of each window to each other, with heads of 64. projected: float32 [windows, count, 3 * heads * 64], queries before
// keys before values; out: [windows, count, heads * 64]. False where there is no memory.
extern "C" bool reflector_attend_all(const float* projected, float* out, int64_t windows, int64_t count, int64_t heads, bool large) try {
    const int64_t width = heads * WIDTH, padded = (count + KEYS - 1) / KEYS * KEYS;
    at::parallel_for(0, windows * heads, 1, [&](int64_t begin, int64_t end) {
        const auto keys = room<Group>(padded * (WIDTH / 2));
        const auto values = room<Group>(padded * (WIDTH / 2));
        const auto steps = room<float>(padded);
        std::memset(keys.get(), 0, padded * (WIDTH / 2) * sizeof(Group));
        std::memset(steps.get(), 0, padded * sizeof(float));
        for (int64_t pair = begin; pair < end; pair++) {
            const int64_t first = pair / heads * count, side = pair % heads * WIDTH;
            (large ? wide::attend_head : narrow::attend_head)(projected + first * 3 * width + side, width, count, keys.get(), steps.get(),
                                                               values.get(), out + first * width + side);
        }
    });
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

// Of rows of logits, `step` apart: the sum of e^(x - most) of the first `count`, with each row's own `most`.
extern "C" void reflector_sums_of_powers(const float* rows, int64_t number, int64_t step, int64_t count, const float* most, float* sums,
                                         bool large) {
    at::parallel_for(0, number, 1, [&](int64_t first, int64_t last) {
        for (int64_t row = first; row < last; row++) {
            sums[row] = (large ? wide::sum_of_powers : narrow::sum_of_powers)(rows + row * step, count, most[row]);
        }
    });
}
#else
extern "C" void* reflector_pack_integers(const float*, const float*, int64_t, int64_t, int32_t) { return nullptr; }
extern "C" bool reflector_multiply(const void*, const float*, int64_t, const float*, const float*, const float*, bool, float*) { return false; }
extern "C" void reflector_free_integers(void*) {}
extern "C" bool reflector_attend_all(const float*, float*, int64_t, int64_t, int64_t, bool) { return false; }
extern "C" void reflector_sums_of_powers(const float*, int64_t, int64_t, int64_t, const float*, float*, bool) {}
#endif
