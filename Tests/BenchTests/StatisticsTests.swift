import Testing

@testable import Bench

@Suite struct StatisticsTests {
    @Test func quantilesOfKnownData() {
        let odd = Statistics([5, 1, 3, 2, 4])
        #expect((odd.median, odd.lowerQuartile, odd.upperQuartile) == (3, 2, 4))
        let even = Statistics([1, 2, 3, 4])
        #expect((even.median, even.lowerQuartile, even.upperQuartile) == (2.5, 1.75, 3.25))
        #expect(Statistics([7]).median == 7)
        #expect(odd.count == 5)
        #expect(abs(odd.spread - 1.0 / 3) < 1e-12)
    }

    @Test func bootstrapIntervalSurroundsTheMedian() {
        let constant = Statistics([Double](repeating: 2, count: 9))
        #expect((constant.low, constant.high) == (2, 2))
        let samples = (1...101).map(Double.init)
        let wide = Statistics(samples)
        #expect(wide.low < 51 && wide.high > 51)
        // The median of 101 numbers has its 95 % interval about 2·√101/2 ≈ 10 ranks to either side.
        #expect(wide.low > 35 && wide.low < 47)
        #expect(wide.high < 67 && wide.high > 55)
        #expect(Statistics(samples) == wide)
    }

    @Test func oneInterruptedRoundMovesNothing() {
        let quiet = Statistics([10, 10, 10, 10, 10, 10, 10])
        #expect(Statistics([10, 10, 10, 0.1, 10, 10, 10]).median == quiet.median)
    }
}

@Suite struct ReportTests {
    @Test func numbers() {
        #expect(Report.grouped(1_234_567.4) == "1 234 567")
        #expect(Report.grouped(999) == "999")
        #expect(Report.decimal(0.0964, 3) == "0.096")
        #expect(Report.decimal(-1.005, 1) == "-1.0")
        #expect(Report.decimal(12.5, 0) == "13")
        #expect(Report.percent(0.0425) == "4.3 %")
    }

    @Test func columnsAreAligned() {
        let table = Report.table(["a", "n"], [["x", "1"], ["long", "1000"]], left: 1)
        #expect(table == "a        n\n----  ----\nx        1\nlong  1000")
    }
}
