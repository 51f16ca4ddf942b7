//! CAM++: a voice as 192 numbers.
//!
//! A small 2-D convolutional head over time and frequency, then a densely connected time-delay network whose layers are
//! gated by context (the whole utterance and one-second pieces), mean and deviation over time, and one linear layer.
//! The last batch norm is NOT followed by a rectifier.
//! Source: Wang et al., "CAM++: a fast and efficient network for speaker verification using context-aware masking" (2023).

use tch::{Device, Kind, Tensor};

use super::network::Checkpoint;
use crate::speech::SpeechError;
use crate::weights::TensorMap;

/// Fewer feature frames (10 ms each) than this cannot be pooled.
pub const MIN_FRAMES: i64 = 8;

/// Layers, dilation of each dense block; every kernel has three taps.
const BLOCKS: [(usize, i64); 3] = [(12, 1), (24, 2), (16, 2)];
/// Channels that each layer of a dense block adds.
const GROWTH: i64 = 32;
/// Feature frames (20 ms each here) over which the local context is pooled.
const CONTEXT: i64 = 100;

type Affine = (Tensor, Tensor);

/// Two 3x3 convolutions and a way around them; the first (and the way) may halve the frequencies.
struct Residual {
    first: Affine,
    second: Affine,
    around: Option<Affine>,
    stride: i64,
}

/// One layer of a dense block: norm, 1x1 convolution and norm, a dilated convolution gated by context.
struct Dense {
    norm: Affine,
    narrow: Affine,
    /// The three taps of the dilated convolution, one below the other: `[3 * GROWTH, 128]`.
    taps: Tensor,
    squeeze: Affine,
    excite: Affine,
    dilation: i64,
}

struct Block {
    layers: Vec<Dense>,
    norm: Affine,
    transit: Tensor,
}

pub struct CamPlusPlus {
    head_in: Affine,
    residuals: Vec<Residual>,
    head_out: Affine,
    tdnn: Affine,
    blocks: Vec<Block>,
    norm: Affine,
    dense: Affine,
    device: Device,
}

impl CamPlusPlus {
    /// Builds the network from the 937 tensors of an official checkpoint (192 or 512 dimensions, 80 mel bins).
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(tensors: &TensorMap, device: Device) -> Result<Self, SpeechError> {
        let _guard = tch::no_grad_guard();
        let weights = Checkpoint { tensors, device };
        let mut residuals = Vec::new();
        for (name, stride) in [("layer1.0", 2), ("layer1.1", 1), ("layer2.0", 2), ("layer2.1", 1)] {
            residuals.push(Residual::new(&weights, &format!("head.{name}"), stride)?);
        }
        let mut blocks = Vec::new();
        for (index, (layers, dilation)) in BLOCKS.into_iter().enumerate() {
            let number = index + 1;
            let name = |layer: usize| format!("xvector.block{number}.tdnnd{layer}");
            let transit = format!("xvector.transit{number}");
            blocks.push(Block {
                layers: (1..=layers)
                    .map(|layer| Dense::new(&weights, &name(layer), dilation))
                    .collect::<Result<_, _>>()?,
                norm: weights.norm(&format!("{transit}.nonlinear.batchnorm"), true)?,
                transit: weights.get(&format!("{transit}.linear.weight"))?.f_squeeze_dim(-1)?,
            });
        }
        let tdnn = weights.conv_norm("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", true)?;
        let dense = weights.conv_norm("xvector.dense.linear", "xvector.dense.nonlinear.batchnorm", false)?;
        Ok(Self {
            head_in: weights.conv_norm("head.conv1", "head.bn1", true)?,
            residuals,
            head_out: weights.conv_norm("head.conv2", "head.bn2", true)?,
            tdnn,
            blocks,
            norm: weights.norm("xvector.out_nonlinear.batchnorm", true)?,
            dense: (dense.0.f_squeeze_dim(-1)?, dense.1),
            device,
        })
    }

    /// Features `[batch, frames, 80]` of voices -> an embedding of length 1 of each; each one's mean over time is taken off first.
    ///
    /// # Errors
    /// Fewer than [`MIN_FRAMES`] frames.
    pub fn embed(&self, features: &Tensor) -> Result<Vec<Vec<f32>>, SpeechError> {
        let _guard = tch::no_grad_guard();
        let (voices, frames, _) = features.size3()?;
        if frames < MIN_FRAMES {
            return Err(SpeechError::Model("too few frames for a voice".into()));
        }
        let centred = features.f_sub(&features.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?)?;
        let embeddings = self.forward(&centred.f_to_device(self.device)?)?.f_to_device(Device::Cpu)?;
        let unit = |voice: i64| -> Result<Vec<f32>, SpeechError> {
            let embedding = embeddings.f_select(0, voice)?;
            Ok(Vec::try_from(embedding.f_div(&embedding.f_norm()?.f_clamp_min(1e-8)?)?)?)
        };
        (0..voices).map(unit).collect()
    }

    /// `[batch, frames, 80]` -> `[batch, dimensions]`, neither centred nor normalised.
    pub fn forward(&self, features: &Tensor) -> Result<Tensor, SpeechError> {
        let x = features.f_transpose(1, 2)?.f_unsqueeze(1)?;
        let mut x = rectified(conv2d(&x, &self.head_in, 1)?)?;
        for residual in &self.residuals {
            x = residual.forward(&x)?;
        }
        let x = rectified(conv2d(&x, &self.head_out, 2)?)?;
        let x = x.f_flatten(1, 2)?;
        let mut x = rectified(x.f_conv1d(&self.tdnn.0, Some(&self.tdnn.1), [2], [2], [1], 1)?)?;
        // From here on a frame's channels lie together: then norms and 1x1 convolutions run along memory.
        x = x.f_transpose(1, 2)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        let x = norm_relu(&x, &self.norm)?;
        let mean = x.f_mean_dim([1_i64].as_slice(), false, Kind::Float)?;
        let deviation = x.f_std_dim([1_i64].as_slice(), true, false)?;
        Ok(Tensor::f_cat(&[mean, deviation], 1)?.f_linear(&self.dense.0, Some(&self.dense.1))?)
    }
}

impl Block {
    /// `[voices, frames, channels]`, to half as many channels as there are after the last layer.
    fn forward(&self, x: &Tensor) -> Result<Tensor, SpeechError> {
        let (voices, frames, known) = x.size3()?;
        let all = known + GROWTH * self.layers.len() as i64;
        // Each layer sees what all before it made: they write side by side, and nothing is copied again.
        let made = Tensor::f_empty([voices, frames, all], (Kind::Float, x.device()))?;
        made.f_narrow(2, 0, known)?.f_copy_(x)?;
        for (layer, known) in self.layers.iter().zip((known..).step_by(GROWTH as usize)) {
            let new = layer.forward(&made.f_narrow(2, 0, known)?)?;
            made.f_narrow(2, known, GROWTH)?.f_copy_(&new)?;
        }
        Ok(norm_relu(&made, &self.norm)?.f_linear(&self.transit, None::<&Tensor>)?)
    }
}

impl Residual {
    fn new(weights: &Checkpoint<'_>, name: &str, stride: i64) -> Result<Self, SpeechError> {
        let part = |conv: &str, norm: &str| {
            weights.conv_norm(&format!("{name}.{conv}"), &format!("{name}.{norm}"), true)
        };
        Ok(Self {
            first: part("conv1", "bn1")?,
            second: part("conv2", "bn2")?,
            around: if stride == 1 { None } else { Some(part("shortcut.0", "shortcut.1")?) },
            stride,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, SpeechError> {
        let mut y = conv2d(&rectified(conv2d(x, &self.first, self.stride)?)?, &self.second, 1)?;
        let _ = match &self.around {
            Some((weight, bias)) => {
                y.f_add_(&x.f_conv2d(weight, Some(bias), [self.stride, 1], [0, 0], [1, 1], 1)?)?
            }
            None => y.f_add_(x)?,
        };
        rectified(y)
    }
}

impl Dense {
    fn new(weights: &Checkpoint<'_>, name: &str, dilation: i64) -> Result<Self, SpeechError> {
        let get = |part: &str| weights.get(&format!("{name}.{part}"));
        let pair = |part: &str| -> Result<Affine, SpeechError> {
            Ok((get(&format!("{part}.weight"))?.f_squeeze_dim(-1)?, get(&format!("{part}.bias"))?))
        };
        let (narrow, bias) =
            weights.conv_norm(&format!("{name}.linear1"), &format!("{name}.nonlinear2.batchnorm"), true)?;
        Ok(Self {
            norm: weights.norm(&format!("{name}.nonlinear1.batchnorm"), true)?,
            narrow: (narrow.f_squeeze_dim(-1)?, bias),
            taps: get("cam_layer.linear_local.weight")?
                .f_permute([2, 0, 1])?
                .f_flatten(0, 1)?
                .f_contiguous()?,
            squeeze: pair("cam_layer.linear1")?,
            excite: pair("cam_layer.linear2")?,
            dilation,
        })
    }

    /// `[voices, frames, channels]` -> `[voices, frames, GROWTH]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor, SpeechError> {
        let x = rectified(linear(&norm_relu(x, &self.norm)?, &self.narrow)?)?;
        let local = self.dilated(&x)?;
        let frames = x.size()[1];
        let whole = x.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?;
        for start in (0..frames).step_by(CONTEXT as usize) {
            // The gate is the same for all frames of a piece.
            let length = CONTEXT.min(frames - start);
            let piece = x.f_narrow(1, start, length)?.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?;
            let gate = rectified(linear(&piece.f_add(&whole)?, &self.squeeze)?)?;
            let gate = linear(&gate, &self.excite)?.f_sigmoid()?;
            let _ = local.f_narrow(1, start, length)?.f_mul_(&gate)?;
        }
        Ok(local)
    }

    /// The dilated convolution as one product and two shifted sums: libtorch's own is three times as slow for one voice.
    fn dilated(&self, x: &Tensor) -> Result<Tensor, SpeechError> {
        let taps = x.f_linear(&self.taps, None::<&Tensor>)?;
        let rest = taps.size()[1] - self.dilation;
        let tap = |number: i64| taps.f_narrow(2, number * GROWTH, GROWTH);
        let sum = tap(1)?.f_contiguous()?;
        let _ = sum.f_narrow(1, self.dilation, rest)?.f_add_(&tap(0)?.f_narrow(1, 0, rest)?)?;
        let _ = sum.f_narrow(1, 0, rest)?.f_add_(&tap(2)?.f_narrow(1, self.dilation, rest)?)?;
        Ok(sum)
    }
}

fn conv2d(x: &Tensor, (weight, bias): &Affine, stride: i64) -> Result<Tensor, SpeechError> {
    Ok(x.f_conv2d(weight, Some(bias), [stride, 1], [1, 1], [1, 1], 1)?)
}

fn linear(x: &Tensor, (weight, bias): &Affine) -> Result<Tensor, SpeechError> {
    Ok(x.f_linear(weight, Some(bias))?)
}

fn norm_relu(x: &Tensor, (scale, shift): &Affine) -> Result<Tensor, SpeechError> {
    rectified(shift.f_addcmul(x, scale)?)
}

/// In place: these are the largest tensors, and memory is what they wait for.
fn rectified(mut x: Tensor) -> Result<Tensor, SpeechError> {
    let _ = x.f_relu_()?;
    Ok(x)
}
