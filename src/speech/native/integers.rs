//! Products of integers (`integers.cpp`): linear layers with what is around them in a Whisper, and its encoder's attention.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use tch::{Device, Kind, Tensor};

use super::WIDTH;
use crate::speech::SpeechError;

/// What an input's width must be a multiple of.
const STEP: i64 = 16;
/// As libtorch says it, so that fewer windows are tried then.
const NO_MEMORY: &str = "out of memory: product of integers";

unsafe extern "C" {
    fn reflector_pack_integers(
        weight: *const f32,
        bias: *const f32,
        out: i64,
        input: i64,
        way: i32,
    ) -> *mut c_void;
    fn reflector_multiply(
        packed: *const c_void,
        x: *const f32,
        rows: i64,
        norm_weight: *const f32,
        norm_bias: *const f32,
        add: *const f32,
        bend: bool,
        out: *mut f32,
    ) -> bool;
    fn reflector_free_integers(packed: *mut c_void);
    fn reflector_attend_all(
        projected: *const f32,
        out: *mut f32,
        windows: i64,
        count: i64,
        heads: i64,
        large: bool,
    ) -> bool;
    fn reflector_sums_of_powers(
        rows: *const f32,
        number: i64,
        step: i64,
        count: i64,
        most: *const f32,
        sums: *mut f32,
        large: bool,
    );
}

/// Whether this processor sums products of 16-bit integers in its 512-bit registers.
pub fn large() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// What a Whisper does before and after a product.
#[derive(Default)]
pub struct Around<'a> {
    /// Weight and bias of a norm that the input goes through.
    pub norm: Option<(&'a Tensor, &'a Tensor)>,
    /// GELU of what comes out.
    pub bend: bool,
    /// Added at the end; shaped as the result is.
    pub add: Option<&'a Tensor>,
}

impl Around<'_> {
    /// Does all of it by libtorch's functions.
    pub fn plain(&self, x: &Tensor, product: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        let mut y = match self.norm {
            Some((weight, bias)) => {
                product(&x.layer_norm(weight.size(), Some(weight), Some(bias), 1e-5, false))
            }
            None => product(x),
        };
        if self.bend {
            y = y.gelu("none");
        }
        if let Some(add) = self.add {
            y += add;
        }
        y
    }
}

/// How large the integers of a layer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Seven and a sign; where [`large`] says that the processor can.
    Eight,
    /// Twelve and a sign, of sixteen.
    Sixteen,
}

impl Bits {
    /// As `integers.cpp` names it.
    fn way(self, large: bool) -> i32 {
        match self {
            Self::Eight => 2,
            Self::Sixteen => i32::from(large),
        }
    }
}

/// A linear layer whose weights and inputs are integers, with a scale for each row of both.
pub struct Integers {
    packed: NonNull<c_void>,
    input: i64,
    output: i64,
}

// SAFETY: packed weights are never changed after they are made, and are only read while they are used.
unsafe impl Send for Integers {}
// SAFETY: as above.
unsafe impl Sync for Integers {}

impl Integers {
    /// `weight`: \[out, in\] on the CPU, in a multiple of 16.
    ///
    /// # Errors
    /// Weights of another shape, no memory for them, or a processor that can't.
    pub fn new(weight: &Tensor, bias: Option<&Tensor>, bits: Bits) -> Result<Self, SpeechError> {
        if bits == Bits::Eight && !large() {
            return Err(SpeechError::Internal("no product of 8 bits on this processor".into()));
        }
        Self::made(weight, bias, bits, large())
    }

    fn made(weight: &Tensor, bias: Option<&Tensor>, bits: Bits, large: bool) -> Result<Self, SpeechError> {
        let (output, input) = weight.size2()?;
        let fits = |bias: &Tensor| bias.size() == [output];
        if input % STEP != 0 || input == 0 || !bias.is_none_or(fits) {
            return Err(SpeechError::Internal(format!("no layer of integers of {:?}", weight.size())));
        }
        let weight = on_cpu(weight);
        let bias = bias.map(on_cpu);
        let bias_ptr = bias.as_ref().map_or(ptr::null(), |bias| bias.data_ptr().cast_const().cast());
        // SAFETY: contiguous float32 tensors on the CPU of these shapes, which live until the call returns; the result belongs to us.
        let packed = unsafe {
            reflector_pack_integers(
                weight.data_ptr().cast_const().cast(),
                bias_ptr,
                output,
                input,
                bits.way(large),
            )
        };
        let packed = NonNull::new(packed).ok_or_else(|| SpeechError::Internal(NO_MEMORY.into()))?;
        Ok(Self { packed, input, output })
    }

    /// float32 \[.., in\] to \[.., out\], with what is around it.
    pub fn forward(&self, x: &Tensor, around: &Around<'_>) -> Tensor {
        let mut shape = x.size();
        let width = shape.pop().unwrap_or(0);
        let rows: i64 = shape.iter().product();
        shape.push(self.output);
        let x = on_cpu(x);
        let norm = around.norm.map(|(weight, bias)| (on_cpu(weight), on_cpu(bias)));
        let add = around.add.map(on_cpu);
        let fits = width == self.input
            && norm.iter().all(|(weight, bias)| weight.size() == [width] && bias.size() == [width])
            && add.iter().all(|add| add.size() == shape);
        // As tch does where libtorch refuses an operation; the engine's thread answers it as an error.
        assert!(fits, "a layer of {width} to {} was given {:?}", self.output, x.size());
        let out = Tensor::empty(shape.as_slice(), (Kind::Float, Device::Cpu));
        let at = |x: &Tensor| x.data_ptr().cast_const().cast::<f32>();
        let or_null = |x: Option<&Tensor>| x.map_or(ptr::null(), at);
        // SAFETY: all are contiguous float32 tensors on the CPU whose shapes were just checked, and live until the call returns; `packed`
        // was made by `new`.
        let done = unsafe {
            reflector_multiply(
                self.packed.as_ptr(),
                at(&x),
                rows,
                or_null(norm.as_ref().map(|(weight, _)| weight)),
                or_null(norm.as_ref().map(|(_, bias)| bias)),
                or_null(add.as_ref()),
                around.bend,
                out.data_ptr().cast(),
            )
        };
        assert!(done, "{NO_MEMORY}");
        out
    }
}

impl Drop for Integers {
    fn drop(&mut self) {
        // SAFETY: made by `made`, freed once.
        unsafe { reflector_free_integers(self.packed.as_ptr()) }
    }
}

/// Attention of the tokens of each window to each other. `projected`: queries, keys and values of all heads side by side,
/// \[windows, n, 3 heads 64\]; the result: \[windows, n, heads 64\]. `None` where the kernel does not fit.
pub fn attend_all(projected: &Tensor, heads: i64) -> Option<Tensor> {
    if !super::available() {
        return None;
    }
    attend_all_by(projected, heads, large())
}

fn attend_all_by(projected: &Tensor, heads: i64, large: bool) -> Option<Tensor> {
    let (windows, count, width) = projected.size3().ok()?;
    let fits = projected.device() == Device::Cpu && projected.kind() == Kind::Float;
    if !fits || width != 3 * heads * WIDTH || count == 0 {
        return None;
    }
    let projected = projected.contiguous();
    let out = Tensor::empty([windows, count, heads * WIDTH], (Kind::Float, Device::Cpu));
    // SAFETY: contiguous float32 tensors on the CPU of the shapes that were just checked, which live until the call returns.
    let done = unsafe {
        reflector_attend_all(
            projected.data_ptr().cast_const().cast(),
            out.data_ptr().cast(),
            windows,
            count,
            heads,
            large,
        )
    };
    assert!(done, "{NO_MEMORY}");
    Some(out)
}

/// The sum of e^(x - most) of each row \[rows, n\], whose `most` is \[rows\]. `None` where the kernel does not fit.
pub fn sums_of_powers(x: &Tensor, most: &Tensor) -> Option<Tensor> {
    if !super::available() {
        return None;
    }
    sums_of_powers_by(x, most, large())
}

fn sums_of_powers_by(x: &Tensor, most: &Tensor, large: bool) -> Option<Tensor> {
    let (number, count) = x.size2().ok()?;
    let strides = x.stride();
    let plain = |x: &Tensor| x.device() == Device::Cpu && x.kind() == Kind::Float;
    let fits = plain(x) && plain(most) && most.size() == [number] && strides[1] == 1 && strides[0] >= count;
    if !fits {
        return None;
    }
    let most = most.contiguous();
    let sums = Tensor::empty([number], (Kind::Float, Device::Cpu));
    // SAFETY: float32 tensors on the CPU whose shapes and strides were just checked, which live until the call returns.
    unsafe {
        reflector_sums_of_powers(
            x.data_ptr().cast_const().cast(),
            number,
            strides[0],
            count,
            most.data_ptr().cast_const().cast(),
            sums.data_ptr().cast(),
            large,
        );
    }
    Some(sums)
}

fn on_cpu(x: &Tensor) -> Tensor {
    x.to_device(Device::Cpu).to_kind(Kind::Float).contiguous()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    fn ones(shape: &[i64]) -> Tensor {
        Tensor::ones(shape, (Kind::Float, Device::Cpu))
    }

    /// Of both instruction sets, those that this processor has.
    fn sets() -> Vec<bool> {
        let all = [(false, super::super::available()), (true, large())];
        all.into_iter().filter_map(|(large, there)| there.then_some(large)).collect()
    }

    /// All kinds of layers that this processor can have, and how far off they may be.
    fn ways() -> Vec<(Bits, bool, f64)> {
        let eight = large().then_some((Bits::Eight, true, 0.4));
        sets().into_iter().map(|large| (Bits::Sixteen, large, 2e-2)).chain(eight).collect()
    }

    fn far(found: &Tensor, expected: &Tensor) -> f64 {
        assert_eq!(found.size(), expected.size());
        (found - expected).abs().max().double_value(&[])
    }

    #[test]
    fn layers_of_integers_equal_plain_ones_with_all_that_is_around_them() {
        // One row, a few, a block and more than one; outputs that fill no panel.
        for (rows, input, output) in [(1, 64, 70), (8, 400, 131), (48, 64, 64), (101, 384, 200)] {
            let (weight, bias) = (random(&[output, input]) / (input as f64).sqrt(), random(&[output]));
            let (x, add) = (random(&[rows, input]) * 3.0 + 1.0, random(&[rows, output]));
            let (norm_weight, norm_bias) = (random(&[input]), random(&[input]));
            for (bits, large, most) in ways() {
                let layer = Integers::made(&weight, Some(&bias), bits, large).unwrap();
                let unbiased = Integers::made(&weight, None, bits, large).unwrap();
                for (norm, bend, sum) in [(false, false, false), (true, false, true), (true, true, false)] {
                    let around = Around {
                        norm: norm.then_some((&norm_weight, &norm_bias)),
                        bend,
                        add: sum.then_some(&add),
                    };
                    let expected = around.plain(&x, |x| x.linear(&weight, Some(&bias)));
                    let off = far(&layer.forward(&x, &around), &expected);
                    assert!(
                        off < most && off > 0.0,
                        "{rows} rows, {bits:?}, {large}, {norm}, {bend}, {sum}: {off}"
                    );
                }
                let off = far(&unbiased.forward(&x, &Around::default()), &x.linear(&weight, None::<&Tensor>));
                assert!(off < most, "without bias: {off}");
            }
        }
        assert!(Integers::new(&random(&[3]), None, Bits::Sixteen).is_err());
        assert!(Integers::new(&random(&[8, 20]), None, Bits::Sixteen).is_err(), "20 is no multiple of 16");
        assert_eq!(Integers::new(&random(&[8, 16]), None, Bits::Eight).is_ok(), large());
        let layer = Integers::new(&random(&[8, 16]), None, Bits::Sixteen).unwrap();
        let nothing = Tensor::zeros([2, 16], (Kind::Float, Device::Cpu));
        assert_eq!(layer.forward(&nothing, &Around::default()).abs().max().double_value(&[]), 0.0);
    }

    #[test]
    fn the_largest_numbers_do_not_run_over() {
        // All products are the largest that there are, and all of one sign.
        let (weight, x) = (ones(&[16, 1536]), ones(&[7, 1536]));
        for (bits, large, _) in ways() {
            let layer = Integers::made(&weight, None, bits, large).unwrap();
            assert!(far(&layer.forward(&x, &Around::default()), &x.linear(&weight, None::<&Tensor>)) < 0.1);
        }
        for large in sets() {
            // Every key is as good as the others, and every value the largest.
            let found = attend_all_by(&(ones(&[1, 300, 3 * WIDTH]) * 3.0), 1, large).unwrap();
            assert!(far(&found, &(ones(&[1, 300, WIDTH]) * 3.0)) < 1e-2);
        }
    }

    #[test]
    fn sums_of_powers_equal_the_plain_ones_of_a_part_of_each_row() {
        let logits = random(&[3, 1003]) * 10.0;
        let _ = logits.narrow(1, 5, 2).fill_(f64::NEG_INFINITY);
        let part = logits.narrow(1, 0, 997);
        let most = part.amax([1], false);
        let expected =
            (&part - most.unsqueeze(1)).exp().sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        for large in sets() {
            let found = sums_of_powers_by(&part, &most, large).unwrap();
            assert!(far(&found, &expected) < 1e-4, "{found:?} instead of {expected:?}");
        }
        assert!(sums_of_powers(&logits.transpose(0, 1), &most).is_none(), "no rows");
    }

    #[test]
    fn attention_of_all_to_all_equals_the_plain_formula() {
        let heads = 3;
        for (windows, count) in [(2, 300), (1, 128), (1, 1500), (1, 5)] {
            // Some scores far above the others, which is what attention of a trained model looks like.
            let projected = random(&[windows, count, 3 * heads * WIDTH]) * 2.0;
            let [query, key, value] = [0, 1, 2].map(|part| {
                let part = projected.narrow(2, part * heads * WIDTH, heads * WIDTH);
                part.reshape([windows, count, heads, WIDTH]).transpose(1, 2)
            });
            let scores = (query * 0.125).matmul(&key.transpose(2, 3));
            let expected = scores.softmax(-1, Kind::Float).matmul(&value).transpose(1, 2).flatten(2, 3);
            for large in sets() {
                let off = far(&attend_all_by(&projected, heads, large).unwrap(), &expected);
                assert!(off < 3e-2 && off > 0.0, "{count} tokens, {large}: off by {off}");
            }
        }
        let wrong = random(&[1, 5, 100]);
        assert!(attend_all(&wrong, 1).is_none(), "no heads of 64");
        assert!(attend_all(&wrong.to_kind(Kind::Half), 1).is_none());
    }
}
