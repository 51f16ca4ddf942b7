// Attention of a handful of queries over many keys, which is what each step of Whisper's decoder spends most of its time on.
//
// libtorch's kernels pack the keys anew for every product, or walk them once a query. Here a window's keys and values are
// read once for all its queries, from 16-bit numbers, and all arithmetic is in float32. AVX2, FMA and F16C; the caller asks
// first whether the processor has them.

#include <ATen/Parallel.h>

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <vector>

#define FAST __attribute__((target("avx2,fma,f16c")))
#define FAST_INLINE FAST __attribute__((always_inline)) inline

namespace {

constexpr int64_t WIDTH = 64;  // of a head, in every Whisper
constexpr int64_t LANES = 8;

// How the 16 bits of a number are to be read.
struct Half {
    FAST_INLINE static __m256 load(const uint16_t* p) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
};
struct Bfloat {
    FAST_INLINE static __m256 load(const uint16_t* p) {
        const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
    }
};

// The four sums of four vectors.
FAST_INLINE __m128 sums(__m256 a, __m256 b, __m256 c, __m256 d) {
    const __m256 all = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}

// e^x for x <= 0, to 2 units in the last place. Polynomial: Cephes, expf.
FAST_INLINE __m256 exponential(__m256 x) {
    x = _mm256_max_ps(x, _mm256_set1_ps(-87.0f));
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 y = _mm256_set1_ps(1.9875691500e-4f);
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.3981999507e-3f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(8.3334519073e-3f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(4.1665795894e-2f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.6666665459e-1f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(5.0000001201e-1f));
    y = _mm256_fmadd_ps(y, _mm256_mul_ps(r, r), _mm256_add_ps(r, _mm256_set1_ps(1.0f)));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(y, _mm256_castsi256_ps(power));
}

// Scores of QUERIES queries, `step` apart, for four keys of float32: written `keys` apart.
template <int QUERIES>
FAST_INLINE void score(const float* query, int64_t step, const float* four, float* scores, int64_t keys) {
    __m256 sum[QUERIES][4];
    for (auto& row : sum) {
        for (auto& one : row) one = _mm256_setzero_ps();
    }
    for (int64_t d = 0; d < WIDTH; d += LANES) {
        for (int q = 0; q < QUERIES; q++) {
            const __m256 x = _mm256_loadu_ps(query + q * step + d);
            for (int key = 0; key < 4; key++) {
                sum[q][key] = _mm256_fmadd_ps(x, _mm256_loadu_ps(four + key * WIDTH + d), sum[q][key]);
            }
        }
    }
    for (int q = 0; q < QUERIES; q++) _mm_storeu_ps(scores + q * keys, sums(sum[q][0], sum[q][1], sum[q][2], sum[q][3]));
}

// Scores to e^(score - largest), with the factor that makes them a distribution as the result.
FAST_INLINE float soften(float* scores, int64_t keys) {
    float most = scores[0];
    for (int64_t key = 1; key < keys; key++) most = std::max(most, scores[key]);
    const __m256 top = _mm256_set1_ps(most);
    __m256 total = _mm256_setzero_ps();
    int64_t key = 0;
    for (; key + LANES <= keys; key += LANES) {
        const __m256 e = exponential(_mm256_sub_ps(_mm256_loadu_ps(scores + key), top));
        _mm256_storeu_ps(scores + key, e);
        total = _mm256_add_ps(total, e);
    }
    float tail[LANES] = {};
    _mm256_storeu_ps(tail, total);
    float sum = 0;
    for (const float part : tail) sum += part;
    if (key < keys) {
        float rest[LANES];
        std::fill(rest, rest + LANES, most - 100.0f);
        std::copy(scores + key, scores + keys, rest);
        _mm256_storeu_ps(rest, exponential(_mm256_sub_ps(_mm256_loadu_ps(rest), top)));
        for (int64_t i = 0; key + i < keys; i++) sum += scores[key + i] = rest[i];
    }
    return 1.0f / sum;
}

// Values of all keys, VECTORS vectors of each, weighed for QUERIES queries.
template <class Format, int QUERIES, int VECTORS>
FAST_INLINE void mix(const float* weights, int64_t keys, const float* factors, const uint16_t* values, float* out, int64_t step) {
    __m256 sum[QUERIES][VECTORS];
    for (auto& row : sum) {
        for (auto& one : row) one = _mm256_setzero_ps();
    }
    for (int64_t key = 0; key < keys; key++) {
        __m256 value[VECTORS];
        for (int i = 0; i < VECTORS; i++) value[i] = Format::load(values + key * WIDTH + i * LANES);
        for (int q = 0; q < QUERIES; q++) {
            const __m256 weight = _mm256_broadcast_ss(weights + q * keys + key);
            for (int i = 0; i < VECTORS; i++) sum[q][i] = _mm256_fmadd_ps(weight, value[i], sum[q][i]);
        }
    }
    for (int q = 0; q < QUERIES; q++) {
        const __m256 factor = _mm256_set1_ps(factors[q]);
        for (int i = 0; i < VECTORS; i++) _mm256_storeu_ps(out + q * step + i * LANES, _mm256_mul_ps(sum[q][i], factor));
    }
}

template <class Format, int QUERIES, int VECTORS>
FAST void mix_all(const float* weights, int64_t keys, const float* factors, const uint16_t* values, float* out, int64_t step) {
    for (int64_t d = 0; d < WIDTH; d += VECTORS * LANES) mix<Format, QUERIES, VECTORS>(weights, keys, factors, values + d, out + d, step);
}

// One head of one window. Queries and results lie `step` apart.
template <class Format>
FAST void head(const float* query, const uint16_t* key, const uint16_t* value, float* out, int64_t queries, int64_t keys, int64_t step,
               float* scores) {
    float four[4 * WIDTH];
    float scaled[16 * WIDTH];
    for (int64_t q = 0; q < queries; q++) {
        for (int64_t d = 0; d < WIDTH; d++) scaled[q * WIDTH + d] = query[q * step + d] * 0.125f;  // 1 / sqrt(WIDTH)
    }
    for (int64_t first = 0; first < keys; first += 4) {
        // The last keys may be looked at twice, so that there are always four.
        const int64_t from = std::min(first, keys - 4);
        for (int64_t i = 0; i < 4 * WIDTH; i += LANES) _mm256_storeu_ps(four + i, Format::load(key + from * WIDTH + i));
        int64_t q = 0;
        for (; q + 2 <= queries; q += 2) score<2>(scaled + q * WIDTH, WIDTH, four, scores + q * keys + from, keys);
        if (q < queries) score<1>(scaled + q * WIDTH, WIDTH, four, scores + q * keys + from, keys);
    }
    float factors[16];
    for (int64_t q = 0; q < queries; q++) factors[q] = soften(scores + q * keys, keys);
    for (int64_t q = 0; q < queries;) {
        const float* weights = scores + q * keys;
        float* to = out + q * step;
        switch (std::min<int64_t>(queries - q, 5)) {
            case 5: mix_all<Format, 5, 2>(weights, keys, factors + q, value, to, step); q += 5; break;
            case 4: mix_all<Format, 4, 2>(weights, keys, factors + q, value, to, step); q += 4; break;
            case 3: mix_all<Format, 3, 4>(weights, keys, factors + q, value, to, step); q += 3; break;
            case 2: mix_all<Format, 2, 4>(weights, keys, factors + q, value, to, step); q += 2; break;
            default: mix_all<Format, 1, 8>(weights, keys, factors + q, value, to, step); q += 1;
        }
    }
}

}  // namespace

// queries, out: float32 [windows, queries, heads * 64]; keys, values: 16 bits [any, heads, keys, 64], bfloat16 or else float16, of which those
// at `places[window]` are a window's. Of them the first `lengths[window]` keys count. At most 16 queries and at least 4 keys.
extern "C" void reflector_attend(const float* query, const uint16_t* key, const uint16_t* value, float* out, const int64_t* lengths,
                                 const int64_t* places, int64_t windows, int64_t heads, int64_t queries, int64_t keys, bool bfloat) {
    const int64_t step = heads * WIDTH;
    at::parallel_for(0, windows * heads, 1, [&](int64_t begin, int64_t end) {
        std::vector<float> scores(queries * keys);
        for (int64_t pair = begin; pair < end; pair++) {
            const int64_t place = (pair / heads) * queries * step + (pair % heads) * WIDTH;
            const int64_t from = (places[pair / heads] * heads + pair % heads) * keys * WIDTH;
            (bfloat ? head<Bfloat> : head<Half>)(query + place, key + from, value + from, out + place, queries, lengths[pair / heads], step,
                                                scores.data());
        }
    });
}
#else
extern "C" void reflector_attend(const float*, const uint16_t*, const uint16_t*, float*, const int64_t*, const int64_t*, int64_t, int64_t, int64_t, int64_t, bool) {}
#endif
