//! Arithmetic that libtorch has no fast and plain function for, in C++ beside this file: attention of a few queries and of all to all, and
//! linear layers whose weights are packed once. Everything here is for CPUs; where it does not fit, the plain functions do the same.

mod integers;

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{self, NonNull};

use tch::{Device, Kind, Tensor};

pub use integers::{Around, Bits, Integers, attend_all, large, sums_of_powers};

use super::SpeechError;

/// Width of a head that the kernel is made for.
const WIDTH: i64 = 64;
/// Queries that it takes at once.
pub const MOST_QUERIES: i64 = 16;

unsafe extern "C" {
    fn reflector_attend(
        query: *const f32,
        key: *const u16,
        value: *const u16,
        out: *mut f32,
        lengths: *const i64,
        places: *const i64,
        windows: i64,
        heads: i64,
        queries: i64,
        keys: i64,
        bfloat: bool,
    );
    fn reflector_pack_linear(
        weight: *const c_void,
        bias: *const c_void,
        eight: bool,
        error: *mut *mut c_char,
    ) -> *mut c_void;
    fn reflector_packed_linear(
        x: *const c_void,
        packed: *const c_void,
        eight: bool,
        error: *mut *mut c_char,
    ) -> *mut c_void;
    fn reflector_free_linear(packed: *mut c_void);
    fn reflector_give_back_gpu();
    fn reflector_keep_pieces(most: usize);
    fn reflector_give_back_pieces();
}

/// From now on libtorch takes memory from ours (`pieces.cpp`), which holds at most so many bytes that nobody uses.
pub fn keep_pieces(most: usize) {
    // SAFETY: a call without pointers; libtorch sets it as it would any allocator of its own, and what was allocated before knows who frees it.
    unsafe { reflector_keep_pieces(most) }
}

/// Returns what is held for tensors to come.
pub fn give_back_pieces() {
    // SAFETY: a call without pointers, which takes a lock of its own, allowed from any thread.
    unsafe { reflector_give_back_pieces() }
}

/// Returns GPU memory that libtorch keeps for tensors to come; nothing where there is no CUDA.
pub fn give_back_gpu() {
    // SAFETY: a call without pointers that catches what it throws, allowed from any thread.
    unsafe { reflector_give_back_gpu() }
}

/// Whether this processor can run the kernels.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Whether [`attend`] may take such keys.
pub fn takes(key: &Tensor) -> bool {
    key.device() == Device::Cpu && matches!(key.kind(), Kind::Half | Kind::BFloat16) && available()
}

/// Attention of n queries \[windows, n, heads 64\] over keys and values \[any, heads, keys, 64\] of 16-bit floats, scaled by 1/8: a window's are
/// those at its place, of which its first `lengths` count. The result is shaped as the queries are and of their kind. `None` where the kernel
/// does not fit.
pub fn attend(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    lengths: &[i64],
    places: &[i64],
) -> Option<Tensor> {
    let (windows, queries, width) = query.size3().ok()?;
    let (all, heads, keys, _) = key.size4().ok()?;
    let bfloat = key.kind() == Kind::BFloat16;
    let fits = |x: &Tensor| {
        x.device() == Device::Cpu
            && x.kind() == key.kind()
            && x.size() == [all, heads, keys, WIDTH]
            && x.is_contiguous()
    };
    if !takes(key) || !fits(key) || !fits(value) || width != heads * WIDTH || queries > MOST_QUERIES {
        return None;
    }
    if lengths.len() as i64 != windows || lengths.iter().any(|length| !(4..=keys).contains(length)) {
        return None;
    }
    if places.len() as i64 != windows || places.iter().any(|place| !(0..all).contains(place)) {
        return None;
    }
    let query_kind = query.kind();
    let query = query.to_kind(Kind::Float).contiguous();
    let out = query.empty_like();
    // SAFETY: all four are contiguous tensors on the CPU with the shapes and kinds that were just checked, and live until the call
    // returns; `takes` asked what the processor can.
    unsafe {
        reflector_attend(
            query.data_ptr().cast_const().cast(),
            key.data_ptr().cast_const().cast(),
            value.data_ptr().cast_const().cast(),
            out.data_ptr().cast(),
            lengths.as_ptr(),
            places.as_ptr(),
            windows,
            heads,
            queries,
            keys,
            bfloat,
        );
    }
    Some(out.to_kind(query_kind))
}

/// In which numbers packed weights are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// float16, computed in float32.
    Half,
    /// 8-bit integers with a scale a row of weights; inputs are quantised as they come.
    Eight,
}

/// A linear layer with packed weights.
pub struct PackedLinear {
    packed: NonNull<c_void>,
    packing: Packing,
}

// SAFETY: packed weights are never changed after they are made, and libtorch reads them from many threads at once.
unsafe impl Send for PackedLinear {}
// SAFETY: as above.
unsafe impl Sync for PackedLinear {}

impl PackedLinear {
    /// `weight`: float32 \[out, in\] on the CPU.
    pub fn new(weight: &Tensor, bias: Option<&Tensor>, packing: Packing) -> Result<Self, SpeechError> {
        let weight = weight.to_kind(Kind::Float).contiguous();
        let bias = bias.map(|bias| bias.to_kind(Kind::Float).contiguous());
        let bias_ptr = bias.as_ref().map_or(ptr::null(), |bias| bias.as_ptr().cast());
        let mut error = ptr::null_mut();
        // SAFETY: both point to live tensors of tch, which are at::Tensor; the result belongs to us.
        let packed = unsafe {
            reflector_pack_linear(weight.as_ptr().cast(), bias_ptr, packing == Packing::Eight, &raw mut error)
        };
        let packed = NonNull::new(packed).ok_or_else(|| said(error))?;
        Ok(Self { packed, packing })
    }

    /// float32 \[.., in\] to \[.., out\].
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let mut error = ptr::null_mut();
        // SAFETY: `packed` was made by `new` with this packing and lives; the tensor that comes back is ours to own.
        let found = unsafe {
            let x = x.as_ptr().cast();
            reflector_packed_linear(x, self.packed.as_ptr(), self.packing == Packing::Eight, &raw mut error)
        };
        let Some(found) = NonNull::new(found) else {
            // As tch does where libtorch refuses an operation; the engine's thread answers it as an error.
            panic!("{}", said(error));
        };
        // SAFETY: a new at::Tensor on the heap, which is what tch's own tensors are.
        unsafe { Tensor::from_ptr(found.as_ptr().cast()) }
    }
}

impl Drop for PackedLinear {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once.
        unsafe { reflector_free_linear(self.packed.as_ptr()) }
    }
}

/// The message that the C++ side left, which it allocated.
fn said(error: *mut c_char) -> SpeechError {
    if error.is_null() {
        return SpeechError::Internal("libtorch gave neither a result nor a reason".into());
    }
    // SAFETY: a string of strdup that nobody else has.
    let text = unsafe {
        let text = CStr::from_ptr(error).to_string_lossy().into_owned();
        libc::free(error.cast());
        text
    };
    SpeechError::Internal(text.lines().next().unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(shape: &[i64]) -> Tensor {
        tch::manual_seed(3);
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn attention_equals_the_plain_formula() {
        if !available() {
            return;
        }
        let (windows, heads, keys) = (2, 3, 101);
        let all = windows + 1;
        for kind in [Kind::Half, Kind::BFloat16] {
            let key = random(&[all, heads, keys, WIDTH]).to_kind(kind);
            let value = (random(&[all, heads, keys, WIDTH]) * 0.7).to_kind(kind);
            // The first of three is nobody's.
            let own = |x: &Tensor| x.narrow(0, 1, windows).flip([0]).to_kind(Kind::Float);
            for queries in 1..=MOST_QUERIES {
                let query = random(&[windows, queries, heads * WIDTH]) * 2.0;
                let lengths = [keys, 37];
                assert!(attend(&query, &key, &value, &lengths, &[0, all]).is_none(), "no such place");
                let found = attend(&query, &key, &value, &lengths, &[2, 1]).unwrap();
                let heads_first = query.view([windows, queries, heads, WIDTH]).transpose(1, 2) * 0.125;
                let scores = heads_first.matmul(&own(&key).transpose(2, 3));
                let _ = scores.get(1).narrow(-1, 37, keys - 37).fill_(f64::NEG_INFINITY);
                let expected = scores.softmax(-1, Kind::Float).matmul(&own(&value));
                let expected = expected.transpose(1, 2).flatten(2, 3);
                let far = (found - expected).abs().max().double_value(&[]);
                assert!(far < 1e-5, "{queries} queries of {kind:?}: off by {far}");
            }
        }
    }

    #[test]
    fn packed_layers_equal_plain_ones_to_their_precision() {
        let (weight, bias, x) = (random(&[70, 64]) / 8.0, random(&[70]), random(&[2, 5, 64]));
        let plain = x.linear(&weight, Some(&bias));
        for (packing, most) in [(Packing::Half, 5e-3), (Packing::Eight, 8e-2)] {
            let packed = PackedLinear::new(&weight, Some(&bias), packing).unwrap().forward(&x);
            assert_eq!(packed.size(), plain.size());
            let far = (packed - &plain).abs().max().double_value(&[]);
            assert!(far < most && far > 0.0, "{packing:?}: off by {far}");
        }
        assert!(PackedLinear::new(&random(&[3]), None, Packing::Half).is_err());
    }

    #[test]
    fn large_pieces_that_were_freed_are_found_again_and_few_are_held() {
        const MB: i64 = 1 << 20;
        unsafe extern "C" {
            fn reflector_pieces_held() -> usize;
        }
        crate::speech::memory::keep_large_pieces();
        let tensor = |bytes: i64| Tensor::zeros([bytes], (Kind::Uint8, Device::Cpu));
        // Other tests free theirs at the same time, which may push this one's out.
        let found_again = (0..20).any(|_| {
            let place = tensor(13 * MB).data_ptr();
            tensor(14 * MB).data_ptr() == place
        });
        assert!(found_again, "sizes are few");
        let more = crate::speech::memory::most_held() as i64 / (5 * MB) + 2;
        drop((0..more).map(|number| tensor(5 * MB + number)).collect::<Vec<_>>());
        // SAFETY: a call without pointers, which takes a lock of its own.
        let held = unsafe { reflector_pieces_held() };
        assert!(held <= crate::speech::memory::most_held(), "{held} bytes of those that were freed");
        assert_eq!(tensor(0).numel(), 0);
    }
}
