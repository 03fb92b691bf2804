/// Streams that zlib 1.2 has written, with levels and strategies that lead to every kind of block.
enum ZlibExamples {
    struct Example: Sendable, CustomStringConvertible {
        let description: String
        let text: String
        let out: [UInt8]
    }

    /// 1 MiB of zeros.
    static let bomb =
        "eNrtwTEBAAAAwqD1T20IX6AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD4DAPAAAQ"

    /// (number * factor) mod 251, which lists and strings of all kinds are not far from.
    private static func pattern(_ count: Int, _ factor: Int, _ modulus: Int) -> [UInt8] {
        (0..<count).map { UInt8($0 * $0 / 7 * factor % modulus) }
    }

    static let all: [Example] = [
        Example(
            description: "stored",
            text: "eAEBLAHT_gAAAB8-XZvZHFq3GXbyc-9wEKtLCsSDQiD519TRzsvnCCRfmtUVb8kooR-YFq5L459bF86phF9ZU01HYHmSygc_d84q"
                + "gfdy6GP4kizgmVIL3raOhXxzaoCWrOEbUIXZMob5ceRc7oUczYM56r-UaV1RRTlMX3Kk1g0_kOE3pxyMAZAks2YZx3pMHuvczb6v"
                + "v8_fE0JxoO5BjwFu203ZavamVgaxgE8eDPXj0d7r-ClVga34SJMCbNZFzlzlkj_nlGAs897JtJ-ps73mFD1mrvZDqhZ95G_1gCrP"
                + "eSPnsHlhSTEZICcuVHqgxhBVmgNnyzS3P8JpELJZH-Cmi3BVOj5CRmmMr9IZW50DZMUrqzCwVPOXO_m8f2FDJQcICQoqSmqKyQ1M"
                + "qg1ryUvISqYOkNQ",
            out: pattern(300, 31, 251)),
        Example(
            description: "empty-ish",
            text: "eNpjAAAAAQAB",
            out: pattern(1, 1, 2)),
        Example(
            description: "fixed",
            text: "eAFjYGBgZuPkZ-ES4GDgZBHgZmNhYmBkYmbh4BFg42XmYuZlY-LnZmdjZWHj4OJhYOVi5GTgYOJlZ2Hk5wECfkYWdl4moE5GLlYG"
                + "Hi4ONhZWNnZufiaoVgEeDhZmJkYGJhY2bgEWoE4BLhZ-TjZmBhCgrrUAFxUFWQ",
            out: pattern(200, 3, 17)),
        Example(
            description: "dynamic",
            text: "eNrtzlsKxCAMQNGo-CKlNVA0ioJUu_8tzsz_LCH3buAAgNLG-ogn3dznVg6pjKVj4gmB2rJXXY46HLxjXrG82FSagYEeHL6arG74"
                + "rrKpfuBDwGEm1fAtceW4-YBObtXLrkYBJqeo1yiETu3Z-aYTo7dGK_glFrGIRSxiEYtYxCIWsYjlj-UDmly-BA",
            out: pattern(3000, 1, 40)),
        Example(
            description: "dynamic sparse",
            text: "eNrtyLENADAMwzA7_x_dFugNmahJYJJpOunt7wtCCCGEEEIIIYR7eAAWkgvo",
            out: pattern(4000, 5, 3)),
        Example(
            description: "huffman only",
            text: "eAEFwdsKhCAUBdBdFCfIGQtHsQuYIejLMR-KiP7_v2YtAL3x9xirnZLtzuBmvfjItQrNhpXyJNub81EgbHgNq2upshtE14C-Oj7S"
                + "1w7ph-TMR45K7wdsEaHPmq44GTXYLRWaWbLkmUra7KDMFC_SuQ-iWBy7VqP8GJfwS3C1l0_UX0LTicHlarkUmzdYgXJkvls5ZVqx"
                + "NUHVHP2iZxfOzibaqzje3vQAgN74e4zVTsl2Z3CzXnzkWoVmw0p5ku3N-SgQNryG1bVU2Q2ia0BfHR_pa4f0Q3LmI0el9wO2iNBn"
                + "TVecjBrslgrNLFnyTCVtdlBmihfp3AdRLI5dq1F-jEv4JbjayyfqL6HpxOBytVyKzRusQDky362cMq3YmqBqjn7RswtnZxPtVRxv"
                + "b3oAQG_8PcZqp2S7M7hZLz5yrUKzYaU8yfbmfBQIG17D6lqq7AbRNaCvjo_0tUP6ITnzkaPS-wFbROizpitORg12S4Vmlix5ppI2"
                + "OygzxYt07oMoFseu1Sg_xiX8Elzt5RP1l9B0YnC5Wi7F5g1WoByZ71ZOmVZsTVA1R7_o2YWzs4n2Ko63Nz0AoDf-HmO1U7LdGdys"
                + "Fx-5VqHZsFKeZHtzPgqEDa9hdS1VdoPoGtBXx0f62iH9AXS-RPM",
            out: pattern(700, 11, 60)),
        Example(
            description: "run lengths",
            text: "eAFjGAWjYBSMglEwCkbBkAcAB9AAAQ",
            out: Array(repeating: 0, count: 2000)),
        Example(
            description: "several blocks",
            text: "eJwEwYFqgkAAANBLZ54g3WyMNsTbecpadldm6hBvM0YN0c5TGpX__yN7DwBgzp6DXSWhl3SPrHbS23LwW3qJ4AFfS2K0nwHS1I_I"
                + "42jNePZ1kppD8jPE5d2tLD5QifsPkDjNCqnMhUrE4YttardxohuzBYkP_dRLW8RblI5hTztyYUb1NhbErPNwDtSxyHZ8xbaJ-O2B"
                + "Q_et5Rd3T8DNH5FELicZatZ2l-Op-ubBKzK08QoeoL2gvBosN5U2O8-T8V36KhiYKTAQ2Gz2wZMuj2USb1i0TYvToCOa1ZCKfwAA"
                + "AP__FNALaoMwAADQbOrUIlosZR1iGj846qcOZ4RhmkHZQMxiFKw297_ItneEt_hUK24RQyIGjdtlNsNHk9MSHbYGkPdVMZ19WJJx"
                + "Aytun9gOr4mAQzynOvXkJdB6jFx1vLZ18a9ur6PqItxrwUV6VE_neIAiWfGOnWxewc1IynDvmMp6l8DYHlBJuXnEzM46twGxQCy6"
                + "FRr1FxIaHQ4dZfr-qMs0P79V7RdXdtF7r0MCINHzKRIBT2Tl_uQWrz1z-izCZ8tQwSIfNeclKqh4gs1gZb2DH17_5tB8Noj_CwAA"
                + "__-KsFTk9DZWEmQIcLMx0tfR1DU0tXTxZxBSMfNgV7CMlLdn1QlW8FMKUIk04ffW5fc2kWULcDBQEOdjZWaMDGdi55FQMbDx55A2"
                + "9efX9BI0YtAIkPNVCtTltJeOsJbj8DFTEGTydbU11dXR1jIws3HyZ-JXNvdmVbAOk3Pg0ApW8lYMVA83EfTQEfAzkuXwtTdUFuVj"
                + "ZwABGqU6AAAAAP__GmmpDgAAAP__GmmpDgAAAP__AwC08M44",
            out: pattern(1200, 7, 90)),
        Example(
            description: "small window",
            text: "GNPtz4ERwiAMQNE0CEhDSUMBMZT911TX8PgL_HsAsKGxPlCS0m90dNZhArfpUoOnqOW3ZfUZYncX8jwGKWm8E8ijhsGmEZQdCuGL"
                + "_azJQ8_RbVrlCBan9laynPzrlFxa14k2HFJ1czF38KlOzy-kAnsBaoZHqA-BdMfvh8YxGS_XI2SvbN9sVZ7QkpuNgxn1JId3L5Io"
                + "eGtwg19LtERLtERLtERLtER_LvoAEF-HxQ",
            out: pattern(2500, 1, 30)),
        Example(
            description: "far back",
            text: "eNrt2lkrAwAAB_CxMsZq5WpZphBmCSkhlsm5ybWpGW2Lpo2cRROZmAeERs6EEjH3xIuj5BqZiGnRkGOiKML25it49_99jh-BQGDE"
                + "FQyb6HlrtJqP6vcKqpZL3mnm-Nguz08NRxZHP_HQhXu5PnCcMeAxz70fFXkaplvEwpz0ZIlSc0hi1xqYTT9Vz4VWDet2MNvZvNqp"
                + "rq9WqPpm77wy1abwVlvlQ_6bmn7cHPWy1SsvyEqM4omrJowUdvdd5BS9w67bTyej7dfxvF-vjzcXtk5uXDmVY2_xXXZlV-kmxfdk"
                + "rsOSKsPb5ev-1PxqDRI0zVlTeuxLjYmG_EcN29IrYX2a9Suj07qNJ7dY2fx3woxHw0P5l4p5ovS1LCqlqWE0n4AQft3YHlUwRCw-"
                + "ilhjb8upy0LG7WR7hSA6jpMk71g4o4lGiEW7wdrQRf5nf4xtvVGa4E9ydCIz0xRtegpvhlKi5x6kkQAAAAAAAAAAAAAAAAAAAAAA"
                + "_gECTtGfT9EvoGUX3Q",
            out: pattern(300, 31, 251) + Array(repeating: 7, count: 9000) + pattern(300, 31, 251)),
    ]
}
