// What libtorch holds back on a GPU: neither tch nor torch-sys has a function for it. These are device-independent interfaces of
// libtorch_cpu, so that a program built without CUDA links, too.

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/core/CachingHostAllocator.h>

// Frees what was cached for tensors to come, on the GPU and in pinned memory of the host. Does nothing where there is no CUDA.
extern "C" void reflector_give_back_gpu() {
    try {
        if (!at::hasCUDA()) return;
        at::getDeviceAllocator(at::kCUDA)->emptyCache();
        at::getHostAllocator(at::kCUDA)->empty_cache();
    } catch (const std::exception&) {
        // The memory stays ours until the next request uses it.
    }
}
