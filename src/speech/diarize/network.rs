//! What both networks load from: named tensors of a checkpoint, moved to the device, with a clear error if one is missing.

use tch::{Device, Kind, Tensor};

use crate::speech::SpeechError;
use crate::weights::TensorMap;

/// A checkpoint's tensors under a prefix.
pub(super) struct Checkpoint<'a> {
    pub tensors: &'a TensorMap,
    pub device: Device,
}

impl Checkpoint<'_> {
    /// The tensor of this name in float32 on the device.
    ///
    /// # Errors
    /// When the file has no such tensor: it is another model's.
    pub fn get(&self, name: &str) -> Result<Tensor, SpeechError> {
        let tensor = self.tensors.get(name);
        let tensor =
            tensor.ok_or_else(|| SpeechError::Model(format!("the weights file has no tensor {name}")))?;
        Ok(tensor.f_to_device(self.device)?.f_to_kind(Kind::Float)?)
    }

    /// Scale and shift of a batch norm at inference: y = x * scale + shift. `affine` norms also have weight and bias.
    pub fn norm(&self, name: &str, affine: bool) -> Result<(Tensor, Tensor), SpeechError> {
        let mean = self.get(&format!("{name}.running_mean"))?;
        let variance = self.get(&format!("{name}.running_var"))?;
        let mut scale = variance.f_add_scalar(1e-5)?.f_rsqrt()?;
        if affine {
            scale = scale.f_mul(&self.get(&format!("{name}.weight"))?)?;
        }
        let mut shift = mean.f_mul(&scale)?.f_neg()?;
        if affine {
            shift = shift.f_add(&self.get(&format!("{name}.bias"))?)?;
        }
        Ok((scale, shift))
    }

    /// A convolution without bias and the batch norm after it, as one weight and bias.
    pub fn conv_norm(&self, conv: &str, norm: &str, affine: bool) -> Result<(Tensor, Tensor), SpeechError> {
        let weight = self.get(&format!("{conv}.weight"))?;
        let (scale, shift) = self.norm(norm, affine)?;
        let mut shape = vec![1; weight.dim()];
        shape[0] = -1;
        Ok((weight.f_mul(&scale.f_reshape(shape)?)?, shift))
    }
}
