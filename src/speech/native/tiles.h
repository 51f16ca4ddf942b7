// Products of integers by tiles that stay in registers. Included once for every instruction set, in a namespace that has `Lanes` and under
// that set's target: nothing here may instantiate what other files could share, not even std::min.
//
// Numbers go through an instruction in groups of four bytes, two of 16 bits or four of 8, which `By` multiplies and sums up.

#define ALWAYS __attribute__((always_inline))
#define INLINE static ALWAYS inline

constexpr int64_t ROWS = 6;
constexpr int64_t COLUMNS = Lanes::N * Lanes::VECS;

INLINE int64_t less(int64_t a, int64_t b) { return a < b ? a : b; }

// Loops by recursion: an array whose indices are variables for a while, as those of a loop are before it is unrolled, stays in memory.

template <int K, int LAST>
INLINE void clear(Lanes::S* sums) {
    if constexpr (K < LAST) {
        sums[K] = Lanes::none();
        clear<K + 1, LAST>(sums);
    }
}

template <int V>
INLINE void load_columns(Lanes::I* columns, const Group* panel) {
    if constexpr (V < Lanes::VECS) {
        columns[V] = Lanes::load(panel + V * Lanes::N);
        load_columns<V + 1>(columns, panel);
    }
}

template <class By, int V>
INLINE void add_products(Lanes::S* sums, const Lanes::I* columns, Lanes::I x) {
    if constexpr (V < Lanes::VECS) {
        sums[V] = By::multiply(sums[V], x, columns[V]);
        add_products<By, V + 1>(sums, columns, x);
    }
}

template <class By, int R, int LAST>
INLINE void add_rows(Lanes::S* sums, const Lanes::I* columns, const Group* rows, int64_t step) {
    if constexpr (R < LAST) {
        add_products<By, 0>(sums + R * Lanes::VECS, columns, Lanes::group(rows + R * step));
        add_rows<By, R + 1, LAST>(sums, columns, rows, step);
    }
}

template <int K, int LAST>
INLINE void give(const Lanes::S* sums, float* to, int64_t width) {
    if constexpr (K < LAST) {
        float* place = to + K / Lanes::VECS * width + K % Lanes::VECS * Lanes::N;
        Lanes::store(place, Lanes::add(Lanes::get(place), Lanes::real(sums[K])));
        give<K + 1, LAST>(sums, to, width);
    }
}

// Sums of products of R rows, `step` groups apart, with a panel, [groups][COLUMNS], are added to `to`, whose rows lie `width` apart.
template <class By, int R>
INLINE void add_tile(const Group* rows, int64_t step, const Group* panel, int64_t groups, float* to, int64_t width) {
    Lanes::S sums[R * Lanes::VECS];
    clear<0, R * Lanes::VECS>(sums);
    for (int64_t group = 0; group < groups; group++) {
        Lanes::I columns[Lanes::VECS];
        load_columns<0>(columns, panel + group * COLUMNS);
        add_rows<By, 0, R>(sums, columns, rows + group, step);
    }
    give<0, R * Lanes::VECS>(sums, to, width);
}

template <class By>
INLINE void add_tiles(const Group* rows, int64_t step, int64_t count, const Group* panel, int64_t groups, float* sums, int64_t width) {
    int64_t r = 0;
    for (; r + ROWS <= count; r += ROWS) add_tile<By, ROWS>(rows + r * step, step, panel, groups, sums + r * width, width);
    rows += r * step;
    sums += r * width;
    switch (count - r) {
        case 5: add_tile<By, 5>(rows, step, panel, groups, sums, width); break;
        case 4: add_tile<By, 4>(rows, step, panel, groups, sums, width); break;
        case 3: add_tile<By, 3>(rows, step, panel, groups, sums, width); break;
        case 2: add_tile<By, 2>(rows, step, panel, groups, sums, width); break;
        case 1: add_tile<By, 1>(rows, step, panel, groups, sums, width); break;
        default: break;
    }
}

// 2^x for x <= 15, to 3e-7 of it; 0 below -60. Polynomial: Taylor's, on half a unit to both sides.
INLINE Lanes::F power_of_two(Lanes::F x) {
    x = Lanes::greater(x, Lanes::all(-60.0f));
    const Lanes::F whole = Lanes::nearest(x);
    const Lanes::F r = Lanes::minus(x, whole);
    Lanes::F y = Lanes::all(1.5403530393381609e-4f);
    y = Lanes::fma(y, r, Lanes::all(1.3333558146428443e-3f));
    y = Lanes::fma(y, r, Lanes::all(9.6181291076284772e-3f));
    y = Lanes::fma(y, r, Lanes::all(5.5504108664821580e-2f));
    y = Lanes::fma(y, r, Lanes::all(2.4022650695910071e-1f));
    y = Lanes::fma(y, r, Lanes::all(6.9314718055994531e-1f));
    y = Lanes::fma(y, r, Lanes::all(1.0f));
    return Lanes::shifted(y, whole);
}

// x (1 + erf(x / sqrt 2)) / 2, with erf to 1.5e-7. Abramowitz and Stegun, "Handbook of mathematical functions", 7.1.26.
INLINE Lanes::F gelu(Lanes::F x) {
    const Lanes::F z = Lanes::times(Lanes::size(x), Lanes::all(0.70710678f));
    const Lanes::F t = Lanes::over(Lanes::all(1.0f), Lanes::fma(z, Lanes::all(0.3275911f), Lanes::all(1.0f)));
    Lanes::F y = Lanes::all(1.061405429f);
    y = Lanes::fma(y, t, Lanes::all(-1.453152027f));
    y = Lanes::fma(y, t, Lanes::all(1.421413741f));
    y = Lanes::fma(y, t, Lanes::all(-0.284496736f));
    y = Lanes::fma(y, t, Lanes::all(0.254829592f));
    const Lanes::F fall = power_of_two(Lanes::times(Lanes::times(z, z), Lanes::all(-1.44269504f)));
    // 1 - |erf|: what x loses where it is positive, and all that is left of it where it is not.
    const Lanes::F rest = Lanes::times(Lanes::times(y, t), fall);
    const Lanes::F half = Lanes::times(x, Lanes::all(0.5f));
    return Lanes::fma(Lanes::times(Lanes::size(half), Lanes::all(-1.0f)), rest, Lanes::greater(x, Lanes::all(0.0f)));
}

// A row of floats as integers up to `most` in size; what one of them stands for is the result.
template <class By>
INLINE float quantise_row(const float* x, int64_t width, float factor, float most, Group* to) {
    Lanes::F top = Lanes::all(0.0f);
    for (int64_t i = 0; i < width; i += Lanes::N) top = Lanes::greater(top, Lanes::size(Lanes::get(x + i)));
    const float largest = Lanes::largest(top);
    const Lanes::F inverse = Lanes::all(largest > 0.0f ? most / largest : 0.0f);
    for (int64_t i = 0; i < width; i += Lanes::N) By::narrow(to + i / By::PER, Lanes::times(Lanes::get(x + i), inverse));
    return largest * factor / most;
}

// Rows of floats as integers, normalised first where there is a norm. `scratch`: a row of floats.
template <class By>
static void quantise(const float* x, int64_t width, int64_t count, const float* norm_weight, const float* norm_bias, float* scratch,
                     Group* rows, float* steps) {
    for (int64_t row = 0; row < count; row++) {
        const float* from = x + row * width;
        if (norm_weight) {
            Lanes::F sum = Lanes::all(0.0f);
            for (int64_t i = 0; i < width; i += Lanes::N) sum = Lanes::add(sum, Lanes::get(from + i));
            const Lanes::F mean = Lanes::all(Lanes::total(sum) / static_cast<float>(width));
            Lanes::F squares = Lanes::all(0.0f);
            for (int64_t i = 0; i < width; i += Lanes::N) {
                const Lanes::F off = Lanes::minus(Lanes::get(from + i), mean);
                squares = Lanes::fma(off, off, squares);
            }
            const float variance = Lanes::total(squares) / static_cast<float>(width);
            const Lanes::F factor = Lanes::all(1.0f / __builtin_sqrtf(variance + 1e-5f));
            for (int64_t i = 0; i < width; i += Lanes::N) {
                const Lanes::F off = Lanes::times(Lanes::minus(Lanes::get(from + i), mean), factor);
                Lanes::store(scratch + i, Lanes::fma(off, Lanes::get(norm_weight + i), Lanes::get(norm_bias + i)));
            }
            from = scratch;
        }
        steps[row] = quantise_row<By>(from, width, 1.0f, By::MOST, rows + row * (width / By::PER));
    }
}

// `count` rows of integers, at most BLOCK, by the panels from `first` to before `last`.
template <class By>
static void multiply(const Layer& layer, const Group* rows, const float* steps, int64_t count, int64_t first, int64_t last,
                     const float* add, bool bend, float* out) {
    alignas(64) float sums[BLOCK * COLUMNS];
    const int64_t groups = layer.in / By::PER;
    for (int64_t panel = first; panel < last; panel++) {
        const Group* weights = layer.panels + panel * COLUMNS * groups;
        const int64_t column = panel * COLUMNS;
        for (int64_t i = 0; i < count * COLUMNS; i += Lanes::N) {
            Lanes::store(sums + i, By::SHIFTED ? Lanes::get(layer.shifts + column + i % COLUMNS) : Lanes::all(0.0f));
        }
        for (int64_t k = 0; k < groups; k += DEPTH) {
            add_tiles<By>(rows + k, groups, count, weights + k * COLUMNS, less(DEPTH, groups - k), sums, COLUMNS);
        }
        const int64_t own = less(COLUMNS, layer.out - column);
        for (int64_t row = 0; row < count; row++) {
            const Lanes::F step = Lanes::all(steps[row]);
            const int64_t place = row * layer.out + column;
            for (int64_t v = 0; v < own; v += Lanes::N) {
                const Lanes::F scale = Lanes::times(step, Lanes::get(layer.scales + column + v));
                Lanes::F y = Lanes::fma(Lanes::get(sums + row * COLUMNS + v), scale, Lanes::get(layer.bias + column + v));
                if (bend) y = gelu(y);
                if (v + Lanes::N <= own) {
                    if (add) y = Lanes::add(y, Lanes::get(add + place + v));
                    Lanes::store(out + place + v, y);
                    continue;
                }
                alignas(64) float rest[Lanes::N];
                Lanes::store(rest, y);
                for (int64_t i = v; i < own; i++) out[place + i] = rest[i - v] + (add ? add[place + i] : 0.0f);
            }
        }
    }
}

// Keys of one head to [block][panel][pair of dimensions][COLUMNS keys], and what one of their integers stands for.
static void pack_keys(const float* keys, int64_t step, int64_t count, Group* packed, float* steps) {
    alignas(64) Group row[WIDTH / 2];
    for (int64_t key = 0; key < count; key++) {
        steps[key] = quantise_row<Lanes::Sixteen>(keys + key * step, WIDTH, 1.0f, MOST_KEY, row);
        Group* to = packed + key / COLUMNS * COLUMNS * (WIDTH / 2) + key % COLUMNS;
        for (int64_t pair = 0; pair < WIDTH / 2; pair++) to[pair * COLUMNS] = row[pair];
    }
}

// Values of one head to [block][panel of dimensions][pair of keys][COLUMNS dimensions], and what one of their integers stands for.
static void pack_values(const float* values, int64_t step, int64_t count, int64_t padded, Group* packed, float* steps) {
    alignas(64) float inverse[WIDTH];
    for (int64_t d = 0; d < WIDTH; d += Lanes::N) {
        Lanes::F top = Lanes::all(0.0f);
        for (int64_t key = 0; key < count; key++) top = Lanes::greater(top, Lanes::size(Lanes::get(values + key * step + d)));
        // Never 0, so that nothing is divided by it.
        top = Lanes::greater(top, Lanes::all(1e-30f));
        Lanes::store(inverse + d, Lanes::over(Lanes::all(MOST_VALUE), top));
        Lanes::store(steps + d, Lanes::times(top, Lanes::all(1.0f / MOST_VALUE)));
    }
    for (int64_t key = 0; key < padded; key += 2) {
        Group* block = packed + key / KEYS * (KEYS / 2) * WIDTH;
        for (int64_t d = 0; d < WIDTH; d += Lanes::N) {
            const Lanes::F factor = Lanes::get(inverse + d);
            const auto value = [&](int64_t one) ALWAYS {
                return Lanes::whole(one < count ? Lanes::times(Lanes::get(values + one * step + d), factor) : Lanes::all(0.0f));
            };
            Group* to = block + d / COLUMNS * COLUMNS * (KEYS / 2) + key % KEYS / 2 * COLUMNS + d % COLUMNS;
            Lanes::keep(to, Lanes::paired(value(key), value(key + 1)));
        }
    }
}

// What at most QUERIES queries take from all keys of their head. Scores of KEYS keys at a time, relative to the largest so far; what was
// summed before is made smaller where a larger one is found.
static void attend_block(const float* query, int64_t step, int64_t queries, int64_t count, const Group* keys, const float* key_steps,
                         const Group* values, const float* value_steps, float* out, int64_t out_step) {
    constexpr int64_t STEP = WIDTH / 2;
    alignas(64) Group whole[QUERIES * STEP];
    alignas(64) float scores[QUERIES * KEYS];
    alignas(64) Group shares[QUERIES * KEYS / 2];
    alignas(64) float sums[QUERIES * WIDTH];
    float steps[QUERIES], most[QUERIES], total[QUERIES];
    for (int64_t q = 0; q < queries; q++) {
        // 1 / sqrt(WIDTH), and powers of two instead of e.
        steps[q] = quantise_row<Lanes::Sixteen>(query + q * step, WIDTH, 0.125f * 1.44269504f, MOST_QUERY, whole + q * STEP);
        most[q] = -1e30f;
        total[q] = 0.0f;
    }
    for (int64_t i = 0; i < queries * WIDTH; i += Lanes::N) Lanes::store(sums + i, Lanes::all(0.0f));
    for (int64_t first = 0; first < count; first += KEYS) {
        const int64_t here = less(KEYS, count - first);
        for (int64_t i = 0; i < queries * KEYS; i += Lanes::N) Lanes::store(scores + i, Lanes::all(0.0f));
        for (int64_t key = 0; key < here; key += COLUMNS) {
            add_tiles<Lanes::Sixteen>(whole, STEP, queries, keys + (first + key) * STEP, STEP, scores + key, KEYS);
        }
        for (int64_t q = 0; q < queries; q++) {
            float* row = scores + q * KEYS;
            const Lanes::F step_of = Lanes::all(steps[q]);
            for (int64_t i = 0; i < here; i += Lanes::N) {
                Lanes::store(row + i, Lanes::times(Lanes::get(row + i), Lanes::times(step_of, Lanes::get(key_steps + first + i))));
            }
            for (int64_t i = here; i < KEYS; i++) row[i] = -1e30f;
            Lanes::F top = Lanes::get(row);
            for (int64_t i = Lanes::N; i < KEYS; i += Lanes::N) top = Lanes::greater(top, Lanes::get(row + i));
            const float best = Lanes::largest(top);
            if (best > most[q]) {
                alignas(64) float one[Lanes::N];
                Lanes::store(one, power_of_two(Lanes::all(most[q] - best)));
                total[q] *= one[0];
                const Lanes::F smaller = Lanes::all(one[0]);
                float* sum = sums + q * WIDTH;
                for (int64_t d = 0; d < WIDTH; d += Lanes::N) Lanes::store(sum + d, Lanes::times(Lanes::get(sum + d), smaller));
                most[q] = best;
            }
            // The largest share is 2^LOG_SHARE, which is MOST_SHARE.
            const Lanes::F base = Lanes::all(LOG_SHARE - most[q]);
            Lanes::F all = Lanes::all(0.0f);
            for (int64_t i = 0; i < KEYS; i += Lanes::N) {
                const Lanes::F share = Lanes::nearest(power_of_two(Lanes::add(Lanes::get(row + i), base)));
                all = Lanes::add(all, share);
                Lanes::Sixteen::narrow(shares + (q * KEYS + i) / 2, share);
            }
            total[q] += Lanes::total(all);
        }
        const Group* block = values + first * STEP;
        for (int64_t d = 0; d < WIDTH; d += COLUMNS) {
            for (int64_t key = 0; key < here; key += FEW_KEYS) {
                const Group* panel = block + (d * KEYS + key * COLUMNS) / 2;
                add_tiles<Lanes::Sixteen>(shares + key / 2, KEYS / 2, queries, panel, FEW_KEYS / 2, sums + d, WIDTH);
            }
        }
    }
    for (int64_t q = 0; q < queries; q++) {
        const Lanes::F part = Lanes::all(1.0f / total[q]);
        for (int64_t d = 0; d < WIDTH; d += Lanes::N) {
            const Lanes::F sum = Lanes::times(Lanes::get(sums + q * WIDTH + d), Lanes::get(value_steps + d));
            Lanes::store(out + q * out_step + d, Lanes::times(sum, part));
        }
    }
}

// One head of one window. `head`: its first query; rows lie 3 `width` apart, keys and values `width` behind each other.
static void attend_head(const float* head, int64_t width, int64_t count, Group* keys, float* key_steps, Group* values, float* out) {
    alignas(64) float value_steps[WIDTH];
    const int64_t step = 3 * width;
    const int64_t padded = (count + KEYS - 1) / KEYS * KEYS;
    pack_keys(head + width, step, count, keys, key_steps);
    pack_values(head + 2 * width, step, count, padded, values, value_steps);
    for (int64_t q = 0; q < count; q += QUERIES) {
        attend_block(head + q * step, step, less(QUERIES, count - q), count, keys, key_steps, values, value_steps, out + q * width, width);
    }
}

// The sum of e^(x - most).
static float sum_of_powers(const float* x, int64_t count, float most) {
    Lanes::F sums[4] = {Lanes::all(0.0f), Lanes::all(0.0f), Lanes::all(0.0f), Lanes::all(0.0f)};
    const Lanes::F top = Lanes::all(most), base = Lanes::all(1.44269504f);
    int64_t i = 0;
    for (; i + 4 * Lanes::N <= count; i += 4 * Lanes::N) {
        for (int part = 0; part < 4; part++) {
            const Lanes::F off = Lanes::minus(Lanes::get(x + i + part * Lanes::N), top);
            sums[part] = Lanes::add(sums[part], power_of_two(Lanes::times(off, base)));
        }
    }
    float total = Lanes::total(Lanes::add(Lanes::add(sums[0], sums[1]), Lanes::add(sums[2], sums[3])));
    for (; i < count; i++) total += __builtin_expf(x[i] - most);
    return total;
}

#undef INLINE
#undef ALWAYS
