#!/bin/bash
# libtorch for the CPU in $CACHE/libtorch: the headers and four libraries out of the published wheels (545 MB of downloads,
# 500 MB kept). A libtorch of your own, CUDA too, is used instead when LIBTORCH names it.
. "$(dirname "$0")/lib.sh"

if [ -n "${LIBTORCH:-}" ] && [ "$(realpath -m "$LIBTORCH")" != "$CACHE/libtorch" ]; then
    [ -f "$LIBTORCH/lib/libtorch_cpu.so" ] ||
        fail "LIBTORCH is $LIBTORCH, which holds no lib/libtorch_cpu.so" "unset LIBTORCH, or let it name a libtorch 2.11.0"
    say "your own: $LIBTORCH"
    exit 0
fi
here=$ROOT/scripts
stamp=$(cat "$here/libtorch.txt" "$here/libtorch.sh" | sha256sum | cut -c1-16)
if whole "$CACHE/libtorch" "$stamp"; then
    say "2.11.0 is there"
    exit 0
fi
[ "$(uname -m)" = x86_64 ] ||
    fail "set-up has libtorch for x86-64 only, this is $(uname -m)" "set LIBTORCH to a libtorch 2.11.0 of your own"

scratch libtorch
say "downloading 2.11.0 (545 MB)"
pip_download "$here/libtorch.txt" "$SCRATCH" "${WHEELS[@]}"
say "unpacking"
unzip -q "$SCRATCH"/torch-*.whl 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1 -d "$SCRATCH"
rm "$SCRATCH"/torch-*.whl
unzip -qj "$SCRATCH"/nvidia_cuda_runtime-*.whl nvidia/cu13/lib/libcudart.so.13 -d "$SCRATCH/torch/lib"
unzip -qj "$SCRATCH"/nvidia_cuda_cupti-*.whl nvidia/cu13/lib/libcupti.so.13 -d "$SCRATCH/torch/lib"
# torch-sys also links -ltorch; the wheel's own pulls the CUDA libraries in, so an empty one takes its place.
lib=$SCRATCH/torch/lib
echo 'void reflector_placeholder(void) {}' | gcc -shared -fPIC -x c - -o "$lib/libtorch.so" -Wl,-soname,libtorch.so \
    -Wl,--no-as-needed -L"$lib" -ltorch_cpu -lc10 -Wl,-rpath,'$ORIGIN' -Wl,--allow-shlib-undefined ||
    fail "the compiler could not make libtorch.so" "install g++ (apt-get install g++) and run this again"
install_folder "$SCRATCH/torch" "$CACHE/libtorch" "$stamp"
say "ready"
