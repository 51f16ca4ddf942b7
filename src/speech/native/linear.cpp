// Linear layers whose weights are packed once, for the rows of a few tokens. libtorch's own `linear` on a CPU packs the weights anew for
// every product in float32; these operators of it do not, but have no plain function, so they are called by name.

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/quantized/PackedParams.h>
#include <ATen/ops/quantize_per_channel.h>
#include <ATen/ops/zeros.h>

#include <cstring>
#include <exception>
#include <optional>

using Packed = c10::intrusive_ptr<LinearPackedParamsBase>;

namespace {

template <class Signature>
auto op(const char* name) {
    return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

// Runs `work`; an exception becomes a message that the caller frees.
template <class Work>
auto guarded(char** error, Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& thrown) {
        *error = strdup(thrown.what());
        return nullptr;
    }
}

}  // namespace

// weight: float32 [out, in]; bias: [out] or null. `eight`: 8-bit integers with a scale a row, else float16.
extern "C" void* reflector_pack_linear(const at::Tensor* weight, const at::Tensor* bias, bool eight, char** error) {
    return guarded(error, [&]() -> void* {
        const std::optional<at::Tensor> shift = bias ? std::optional(*bias) : std::nullopt;
        if (!eight) {
            static const auto pack = op<Packed(at::Tensor, std::optional<at::Tensor>)>("quantized::linear_prepack_fp16");
            return new Packed(pack.call(*weight, shift));
        }
        at::globalContext().setQEngine(at::QEngine::FBGEMM);
        static const auto pack = op<Packed(at::Tensor, std::optional<at::Tensor>)>("quantized::linear_prepack");
        const auto scales = weight->abs().amax(1).clamp_min(1e-8).div(127);
        const auto zeros = at::zeros({weight->size(0)}, at::kLong);
        return new Packed(pack.call(at::quantize_per_channel(*weight, scales, zeros, 0, at::kQInt8), shift));
    });
}

// x: float32 [.., in], to [.., out].
extern "C" at::Tensor* reflector_packed_linear(const at::Tensor* x, const void* packed, bool eight, char** error) {
    return guarded(error, [&]() -> at::Tensor* {
        const auto& weights = *static_cast<const Packed*>(packed);
        if (!eight) {
            static const auto apply = op<at::Tensor(at::Tensor, const Packed&)>("quantized::linear_dynamic_fp16");
            return new at::Tensor(apply.call(*x, weights));
        }
        static const auto apply = op<at::Tensor(at::Tensor, const Packed&, bool)>("quantized::linear_dynamic");
        return new at::Tensor(apply.call(*x, weights, true));
    });
}

extern "C" void reflector_free_linear(void* packed) { delete static_cast<Packed*>(packed); }
