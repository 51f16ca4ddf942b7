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
    /// The three taps of the dilated convolution, one below the other: `[96, 128]`.
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
                norm: column(weights.norm(&format!("{transit}.nonlinear.batchnorm"), true)?)?,
                transit: weights.get(&format!("{transit}.linear.weight"))?,
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
            norm: column(weights.norm("xvector.out_nonlinear.batchnorm", true)?)?,
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
        let mut x = conv2d(&x, &self.head_in, 1)?.f_relu()?;
        for residual in &self.residuals {
            x = residual.forward(&x)?;
        }
        let x = conv2d(&x, &self.head_out, 2)?.f_relu()?;
        let x = x.f_flatten(1, 2)?;
        let mut x = x.f_conv1d(&self.tdnn.0, Some(&self.tdnn.1), [2], [2], [1], 1)?.f_relu()?;
        for block in &self.blocks {
            for layer in &block.layers {
                x = Tensor::f_cat(&[&x, &layer.forward(&x)?], 1)?;
            }
            x = norm_relu(&x, &block.norm)?.f_conv1d(&block.transit, None::<Tensor>, [1], [0], [1], 1)?;
        }
        let x = norm_relu(&x, &self.norm)?;
        let mean = x.f_mean_dim([-1_i64].as_slice(), false, Kind::Float)?;
        let deviation = x.f_std_dim([-1_i64].as_slice(), true, false)?;
        Ok(Tensor::f_cat(&[mean, deviation], 1)?.f_linear(&self.dense.0, Some(&self.dense.1))?)
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
        let y = conv2d(&conv2d(x, &self.first, self.stride)?.f_relu()?, &self.second, 1)?;
        let around = match &self.around {
            Some((weight, bias)) => x.f_conv2d(weight, Some(bias), [self.stride, 1], [0, 0], [1, 1], 1)?,
            None => x.shallow_clone(),
        };
        Ok(y.f_add(&around)?.f_relu()?)
    }
}

impl Dense {
    fn new(weights: &Checkpoint<'_>, name: &str, dilation: i64) -> Result<Self, SpeechError> {
        let get = |part: &str| weights.get(&format!("{name}.{part}"));
        let pair = |part: &str| -> Result<Affine, SpeechError> {
            Ok((get(&format!("{part}.weight"))?, get(&format!("{part}.bias"))?))
        };
        Ok(Self {
            norm: column(weights.norm(&format!("{name}.nonlinear1.batchnorm"), true)?)?,
            narrow: weights.conv_norm(
                &format!("{name}.linear1"),
                &format!("{name}.nonlinear2.batchnorm"),
                true,
            )?,
            taps: get("cam_layer.linear_local.weight")?
                .f_permute([2, 0, 1])?
                .f_flatten(0, 1)?
                .f_contiguous()?,
            squeeze: pair("cam_layer.linear1")?,
            excite: pair("cam_layer.linear2")?,
            dilation,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, SpeechError> {
        let mut x = pointwise(&norm_relu(x, &self.norm)?, &self.narrow)?;
        let _ = x.f_relu_()?;
        let local = self.dilated(&x)?;
        let frames = x.size()[2];
        let whole = x.f_mean_dim([-1_i64].as_slice(), true, Kind::Float)?;
        let pieces = x.f_avg_pool1d([CONTEXT], [CONTEXT], [0], true, true)?.f_add(&whole)?;
        // The gate is the same for all frames of a piece: computed once a piece, then spread.
        let gate = pointwise(&pointwise(&pieces, &self.squeeze)?.f_relu()?, &self.excite)?.f_sigmoid()?;
        let gate = gate.f_repeat_interleave_self_int(CONTEXT, 2, None)?.f_narrow(2, 0, frames)?;
        Ok(local.f_mul(&gate)?)
    }

    /// The dilated convolution as one product and two shifted sums: libtorch's own is three times as slow for one voice.
    fn dilated(&self, x: &Tensor) -> Result<Tensor, SpeechError> {
        let taps = self.taps.f_matmul(x)?;
        let (width, all) = (taps.size()[1] / 3, taps.size()[2]);
        let rest = all - self.dilation;
        let tap = |number: i64| taps.f_narrow(1, number * width, width);
        let sum = tap(1)?.f_contiguous()?;
        let _ = sum.f_narrow(2, self.dilation, rest)?.f_add_(&tap(0)?.f_narrow(2, 0, rest)?)?;
        let _ = sum.f_narrow(2, 0, rest)?.f_add_(&tap(2)?.f_narrow(2, self.dilation, rest)?)?;
        Ok(sum)
    }
}

fn conv2d(x: &Tensor, (weight, bias): &Affine, stride: i64) -> Result<Tensor, SpeechError> {
    Ok(x.f_conv2d(weight, Some(bias), [stride, 1], [1, 1], [1, 1], 1)?)
}

fn pointwise(x: &Tensor, (weight, bias): &Affine) -> Result<Tensor, SpeechError> {
    Ok(x.f_conv1d(weight, Some(bias), [1], [0], [1], 1)?)
}

/// Scale and shift as columns that spread over time.
fn column((scale, shift): Affine) -> Result<Affine, SpeechError> {
    Ok((scale.f_unsqueeze(-1)?, shift.f_unsqueeze(-1)?))
}

fn norm_relu(x: &Tensor, (scale, shift): &Affine) -> Result<Tensor, SpeechError> {
    let mut y = shift.f_addcmul(x, scale)?;
    let _ = y.f_relu_()?;
    Ok(y)
}
