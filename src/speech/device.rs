//! Where to compute, and in which numbers: what was asked for, or what the machine is fastest in.

use std::sync::OnceLock;

use tch::{Cuda, Device, Kind};

use super::SpeechError;
use super::native;
use super::whisper::pace;

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
    /// float32 whose products are of 16-bit integers, of which twelve bits and a sign are used; on a CPU only.
    Int16,
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
            Self::Int16 => "int16",
            Self::Int8 => "int8",
        }
    }

    /// What tensors hold.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 | Self::Int16 | Self::Int8 => Kind::Float,
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
        (true, Some(Precision::Int16 | Precision::Int8)) => Err(SpeechError::Request(
            "int16 and int8 are for CPUs; a GPU computes in float16 or bfloat16".into(),
        )),
        (true, precision) => Ok((Device::Cuda(0), precision.unwrap_or(Precision::Float16))),
        (false, Some(Precision::Float16)) => Err(SpeechError::Request(
            "float16 is for GPUs; a CPU computes in float32, bfloat16, int16 or int8".into(),
        )),
        (false, Some(Precision::Int16 | Precision::Int8)) if !native::available() => {
            Err(SpeechError::Request("int16 and int8 need a CPU with AVX2".into()))
        }
        (false, precision) => Ok((Device::Cpu, precision.unwrap_or_else(fastest))),
    }
}

/// The numbers in which this CPU is fastest, of those that are exact enough for a decoder: measured once by each process.
fn fastest() -> Precision {
    static FOUND: OnceLock<Precision> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let flags = info.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        pace::fastest(&candidates(flags, native::available()))
    })
}

/// From the most exact to the least; `packed`: our own products of integers run here. Not 8 bits: with AVX2 they are hardly faster, and with
/// AVX-512 all of a transcription takes an eighth less time for numbers that are thirty times coarser.
fn candidates(flags: &str, packed: bool) -> Vec<Precision> {
    let bfloat = flags.split_whitespace().any(|flag| matches!(flag, "amx_bf16" | "avx512_bf16"));
    let mut found = vec![if packed { Precision::Int16 } else { Precision::Float32 }];
    found.extend(bfloat.then_some(Precision::Bfloat16));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_tries_what_it_multiplies_natively() {
        use Precision::{Bfloat16, Float32, Int16};
        assert_eq!(candidates("flags : avx2 fma", true), [Int16]);
        assert_eq!(candidates("flags : avx2 avx512_bf16 amx_bf16", true), [Int16, Bfloat16]);
        assert_eq!(candidates("flags : sse2", false), [Float32]);
    }

    #[test]
    fn a_cpu_takes_what_was_asked_for_and_finds_its_own() {
        let asked = choose(DeviceWish::Cpu, Some(Precision::Bfloat16)).unwrap();
        assert_eq!(asked, (Device::Cpu, Precision::Bfloat16));
        assert!(choose(DeviceWish::Cpu, Some(Precision::Float16)).unwrap_err().to_string().contains("GPUs"));
        let (device, precision) = choose(DeviceWish::Cpu, None).unwrap();
        assert_eq!(device, Device::Cpu);
        assert_ne!(precision, Precision::Float16);
        assert_eq!(choose(DeviceWish::Cpu, None).unwrap().1, precision, "the same at every start");
        assert!(choose(DeviceWish::Cuda, None).is_err() || Cuda::is_available());
    }
}
