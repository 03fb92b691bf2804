import CBaseline
import Testing

@testable import Bench

@Suite struct NoiseTests {
    private static func samples(
        rates: [Double] = .init(repeating: 100, count: 9), hertz: [Double] = .init(repeating: 3e9, count: 9),
        cpu: Double = 1
    ) -> Rounds.Samples {
        var samples = Rounds.Samples()
        samples.rates = rates
        samples.hertz = hertz
        samples.cpuSeconds = cpu
        samples.wallSeconds = 1
        return samples
    }

    @Test func aQuietMeasurementHasNoMarks() {
        #expect(Noise.marks(Self.samples()).isEmpty)
        #expect(Noise.marks(Self.samples(hertz: .init(repeating: 0, count: 9))).isEmpty, "the clock rate is not known")
    }

    @Test func everyDisturbanceIsNamed() {
        let drifting = (0..<9).map { 3e9 + Double($0) * 1e8 }
        #expect(Noise.marks(Self.samples(hertz: drifting)) == ["clock 18.8 %"])
        #expect(Noise.marks(Self.samples(cpu: 0.9)) == ["waited 10.0 %"])
        #expect(Noise.marks(Self.samples(rates: [80, 85, 90, 95, 100, 105, 110, 115, 120])) == ["spread 10.0 %"])
        #expect(Noise.marks(Self.samples(rates: [99, 100, 100, 101, 100, 99, 101, 100, 10])) == ["outliers 1"])
    }

    @Test func kindsComeOnce() {
        #expect(Noise.kinds(["clock 5.1 %", "spread 7.0 %", "clock 9.0 %"]) == "clock spread")
    }

    /// Quartiles 3 and 7: fences at -3 and 13, and at -9 and 19.
    @Test func fencesOfTukey() {
        let outliers = Outliers([1, 2, 3, 4, 5, 6, 7, 14, 20])
        #expect(outliers == Outliers([20, 14, 7, 6, 5, 4, 3, 2, 1]))
        #expect(outliers.mild == 1 && outliers.severe == 1)
    }

    @Test func cyclesAreRateAndClock() {
        #expect(Self.samples(rates: [1e6, 2e6], hertz: [3e9, 4e9]).cycles == [3000, 2000])
    }

    @Test func theCoreHasAClock() {
        let hertz = baseline_core_hertz()
        #if arch(x86_64) || arch(arm64)
            #expect(hertz > 1e8 && hertz < 1e10)
            #expect(baseline_ticks() > 0)
        #endif
    }
}
