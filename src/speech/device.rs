//! Where to compute, and in which numbers: what was asked for, or what a short measurement finds fastest.

use std::time::Instant;

use tch::{Cuda, Device, Kind, Tensor};

use super::SpeechError;
use super::native::{self, PackedLinear, Packing};

/// Runs of each candidate; the fastest counts, so that other work on the machine does not make the choice another one today than
/// yesterday: the same recording should give the same words.
const RUNS: usize = 12;

/// Where to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceWish {
    /// CUDA where it is there, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// What Whisper computes with. Voices are always told apart in float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Float32,
    /// float16; on a GPU only.
    Float16,
    Bfloat16,
    /// float32 whose encoder multiplies 8-bit integers; on a CPU only.
    Int8,
}

impl Precision {
    /// As it is called in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "f32",
            Self::Float16 => "f16",
            Self::Bfloat16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// What tensors hold.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 | Self::Int8 => Kind::Float,
            Self::Float16 => Kind::Half,
            Self::Bfloat16 => Kind::BFloat16,
        }
    }
}

/// The device and the numbers to compute with.
///
/// # Errors
/// CUDA that is asked for and not there, or numbers that the device does not compute with.
pub fn choose(wish: DeviceWish, precision: Option<Precision>) -> Result<(Device, Precision), SpeechError> {
    let cuda = wish != DeviceWish::Cpu && Cuda::is_available();
    if wish == DeviceWish::Cuda && !cuda {
        return Err(SpeechError::Request("CUDA was asked for, and libtorch finds none".into()));
    }
    match (cuda, precision) {
        (true, Some(Precision::Int8)) => {
            Err(SpeechError::Request("int8 is for CPUs; a GPU computes in float16 or bfloat16".into()))
        }
        (true, precision) => Ok((Device::Cuda(0), precision.unwrap_or(Precision::Float16))),
        (false, Some(Precision::Float16)) => Err(SpeechError::Request(
            "float16 is for GPUs; a CPU computes in float32, bfloat16 or int8".into(),
        )),
        (false, Some(Precision::Int8)) if !native::available() => {
            Err(SpeechError::Request("int8 needs a CPU with AVX2".into()))
        }
        (false, precision) => Ok((Device::Cpu, precision.unwrap_or_else(fastest))),
    }
}

/// The numbers in which this CPU gets through a layer of an encoder fastest. Takes about half a second.
fn fastest() -> Precision {
    let _no_gradients = tch::no_grad_guard();
    let of = |kind| {
        let random = |shape: [i64; 2]| Tensor::randn(shape, (Kind::Float, Device::Cpu)).to_kind(kind);
        (random([1500, 512]), random([512, 512]))
    };
    let plain = |kind| {
        let (x, weight) = of(kind);
        shortest(|| x.linear(&weight, None::<&Tensor>))
    };
    let mut found =
        vec![(plain(Kind::Float), Precision::Float32), (plain(Kind::BFloat16), Precision::Bfloat16)];
    let (x, weight) = of(Kind::Float);
    if native::available()
        && let Ok(packed) = PackedLinear::new(&weight, None, Packing::Eight)
    {
        // Only its products are in integers, which is about half of the work: it must be clearly faster.
        found.push((1.3 * shortest(|| packed.forward(&x)), Precision::Int8));
    }
    tracing::debug!(?found, "how fast this CPU is");
    found
        .into_iter()
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(Precision::Float32, |(_, precision)| precision)
}

/// Seconds of the fastest of a few runs.
fn shortest(work: impl Fn() -> Tensor) -> f64 {
    let seconds = |_| {
        let begun = Instant::now();
        drop(work());
        begun.elapsed().as_secs_f64()
    };
    (0..RUNS).map(seconds).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_takes_what_was_asked_for_and_finds_its_own() {
        let asked = choose(DeviceWish::Cpu, Some(Precision::Bfloat16)).unwrap();
        assert_eq!(asked, (Device::Cpu, Precision::Bfloat16));
        assert!(choose(DeviceWish::Cpu, Some(Precision::Float16)).unwrap_err().to_string().contains("GPUs"));
        let (device, precision) = choose(DeviceWish::Cpu, None).unwrap();
        assert_eq!(device, Device::Cpu);
        assert_ne!(precision, Precision::Float16);
        assert!(choose(DeviceWish::Cuda, None).is_err() || Cuda::is_available());
    }
}
