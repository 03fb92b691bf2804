#!/usr/bin/env bash
# All C code for aarch64, with GCC and clang, and its test programs under emulation; then the same programs on this
# machine with fewer and fewer instruction sets, down to an x86-64 without AVX, BMI, ADX and SHA. Emulated time means
# nothing: this decides whether answers are right. Prints SKIPPED and succeeds where the packages cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."

scale=${1:-1}
build=.build-aarch64
sysroot=$build/sysroot
mkdir -p "$build"

skip() {
    echo "SKIPPED: $1"
    exit 0
}

packages=()
for package in gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || packages+=("$package")
done
if [ ${#packages[@]} -gt 0 ]; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${packages[@]}"; } \
        >"$build/install.log" 2>&1 || skip "aarch64: ${packages[*]} cannot be installed ($build/install.log)"
fi

# The libraries are unpacked beside the build, with package lists of their own: the machine itself stays as it is, a
# second architecture would be a change for everything else that is installed on it.
if [ ! -f "$sysroot/complete" ]; then
    rm -rf "$sysroot" "$build/apt"
    mkdir -p "$sysroot" "$build/apt/lists/partial" "$build/apt/cache/archives/partial"
    apt=(apt-get -qq -o "Dir::State::lists=$PWD/$build/apt/lists" -o "Dir::Cache=$PWD/$build/apt/cache"
        -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "APT::Sandbox::User=$(id -un)")
    { "${apt[@]}" update && (cd "$build/apt" && "${apt[@]}" download libssl-dev libsodium-dev); } \
        >"$build/install.log" 2>&1 || skip "aarch64: no libraries for arm64 ($build/install.log)"
    for package in "$build"/apt/*.deb; do dpkg-deb -x "$package" "$sysroot"; done
    touch "$sysroot/complete"
fi


# What the compilers are asked for. GCC does not know clang's pragmas, which ask for loops to be unrolled.
export FLAGS="-std=c17 -O2 -Wall -Wextra -Werror -ISources/CCPU/include -ISources/CScan/include -ISources/CCrypto/include"
arm_headers="-isystem $sysroot/usr/include -isystem $sysroot/usr/include/aarch64-linux-gnu"
arm_gcc="aarch64-linux-gnu-gcc -Wno-unknown-pragmas $arm_headers"
arm_clang="clang --target=aarch64-linux-gnu -Wconversion -isystem /usr/aarch64-linux-gnu/include $arm_headers"
arm_libraries=("$sysroot"/usr/lib/aarch64-linux-gnu/lib{crypto,sodium}.a)

# build FOLDER COMPILER LINKER LIBRARIES…: every C file of the libraries, and two programs.
build() {
    local folder=$build/$1 compiler=$2 linker=$3
    shift 3
    rm -rf "$folder"
    mkdir -p "$folder"/{libraries,portable,differential}
    {
        find Sources/CCPU Sources/CScan Sources/CCrypto -name '*.c' -printf "%p $folder/libraries/%f.%s.o\n"
        find Tests/Portable -name '*.c' -printf "%p $folder/portable/%f.o\n"
        find Tests/Ed25519Differential -name '*.c' -printf "%p $folder/differential/%f.o\n"
    } | CC=$compiler xargs -P "$(nproc)" -n 2 sh -c '$CC $FLAGS -c "$0" -o "$1"'
    for program in portable differential; do
        $linker "$folder/$program"/*.o "$folder"/libraries/*.o "$@" -lpthread -ldl -o "$folder/$program.run"
    done
}

# check WHAT COMMAND…: the command's output where it fails, else what it says of each instruction set.
check() {
    local start=$SECONDS log
    log=$build/run.log
    echo "$1"
    shift
    if ! "$@" >"$log" 2>&1; then
        cat "$log"
        echo "FAILED: $*" >&2
        exit 1
    fi
    grep -E '^(seed|SHA-256|SHA-512|HS256|HS512|ES|RS256|PS256|Ed25519|base64url|JSON|[0-9]+ signatures)' "$log" | sed 's/^/    /'
    echo "    $((SECONDS - start)) s"
}

emulated=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
build gcc "$arm_gcc" aarch64-linux-gnu-gcc "${arm_libraries[@]}"
check "aarch64, GCC" "${emulated[@]}" $build/gcc/portable.run "$scale"
check "aarch64, GCC, without NEON and SHA" env FASTVERIFY_CPU=none "${emulated[@]}" $build/gcc/portable.run "$scale"
check "aarch64, GCC, Ed25519 beside libsodium" "${emulated[@]}" $build/gcc/differential.run $((1500 * scale))
if clang --print-targets 2>/dev/null | grep -q aarch64; then
    build clang "$arm_clang" aarch64-linux-gnu-gcc "${arm_libraries[@]}"
    check "aarch64, clang" "${emulated[@]}" $build/clang/portable.run "$scale"
else
    echo "SKIPPED: clang has no aarch64"
fi

if [ "$(uname -m)" = x86_64 ]; then
    build here "clang -Wconversion" clang -lcrypto -lsodium
    for features in avx512,ifma,sha,adx avx2,sha,adx avx2 sha; do
        check "x86-64, $features" env FASTVERIFY_CPU=$features $build/here/portable.run "$scale"
    done
    # An instruction this processor does not have ends the program.
    check "x86-64, Nehalem" qemu-x86_64 -cpu Nehalem $build/here/portable.run "$scale"
fi
echo "every instruction set agrees"
