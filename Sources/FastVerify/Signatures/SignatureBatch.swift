internal import CCrypto

/// Collects signatures and hands them to their kernels, each kernel all of its own at once.
///
/// The order in which jobs reach a kernel is that in which they were added. Memory grows to the largest batch and stays.
/// One thread at a time.
struct SignatureBatch: ~Copyable {
    private var jobs: [fv_job] = []
    private var slots: [UInt8] = []
    /// The kernels of this batch; more than one only when algorithms are mixed. Registry rows number far below 256.
    private var kernels: [UnsafePointer<fv_kernel>] = []
    private var ordered: [fv_job] = []
    private var positions: [Int] = []
    private var results: [UInt8] = []
    private(set) var verdicts: [UInt8] = []

    var count: Int { jobs.count }

    mutating func removeAll() {
        jobs.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
        kernels.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func append(_ key: KeyResolution, input: UnsafeRawBufferPointer, signature: UnsafeRawBufferPointer) {
        let kernel = key.kernel
        if kernels.last != kernel || kernels.count > 1 {
            slots.append(slot(of: kernel))
        } else {
            slots.append(0)
        }
        jobs.append(
            fv_job(
                key: key.prepared, input: input.baseAddress?.assumingMemoryBound(to: UInt8.self),
                input_count: input.count, signature: signature.baseAddress?.assumingMemoryBound(to: UInt8.self),
                signature_count: signature.count))
    }

    private mutating func slot(of kernel: UnsafePointer<fv_kernel>) -> UInt8 {
        if let known = kernels.firstIndex(of: kernel) { return UInt8(known) }
        kernels.append(kernel)
        return UInt8(kernels.count - 1)
    }

    /// Fills `verdicts`: 1 for a valid signature, 0 for any other, in the order of `append`.
    mutating func verify() {
        Self.resize(&verdicts, to: jobs.count, with: 0)
        guard kernels.count > 1 else {
            if let kernel = kernels.first { Self.run(kernel, jobs, &verdicts, 0..<jobs.count) }
            return
        }
        Self.resize(&ordered, to: jobs.count, with: fv_job())
        Self.resize(&positions, to: jobs.count, with: 0)
        Self.resize(&results, to: jobs.count, with: 0)
        var start = 0
        for slot in kernels.indices {
            var end = start
            for job in jobs.indices where slots[job] == slot {
                ordered[end] = jobs[job]
                positions[end] = job
                end += 1
            }
            Self.run(kernels[slot], ordered, &results, start..<end)
            start = end
        }
        for place in jobs.indices { verdicts[positions[place]] = results[place] }
    }

    /// The kernel that checks a job.
    func kernel(of job: Int) -> UnsafePointer<fv_kernel> { fv_prepared_key_kernel(jobs[job].key) }

    /// The verdict on a job by the kernel of another prepared key.
    func recheck(_ job: Int, with key: OpaquePointer) -> Bool {
        var again = jobs[job]
        again.key = key
        var verdict: UInt8 = 0
        fv_verify(fv_prepared_key_kernel(key), &again, 1, &verdict)
        return verdict == 1
    }

    mutating func refuse(_ job: Int) { verdicts[job] = 0 }

    private static func run(
        _ kernel: UnsafePointer<fv_kernel>, _ jobs: [fv_job], _ verdicts: inout [UInt8], _ range: Range<Int>
    ) {
        jobs.withUnsafeBufferPointer { jobs in
            verdicts.withUnsafeMutableBufferPointer { verdicts in
                guard let jobs = jobs.baseAddress, let verdicts = verdicts.baseAddress else { return }
                fv_verify(kernel, jobs + range.lowerBound, range.count, verdicts + range.lowerBound)
            }
        }
    }

    /// Makes room for `count` elements and resets them; allocates only to grow.
    private static func resize<T: BitwiseCopyable>(_ array: inout [T], to count: Int, with element: T) {
        array.removeAll(keepingCapacity: true)
        array.append(contentsOf: repeatElement(element, count: count))
    }
}
