//! Office Open XML (ECMA-376), as word processors read it: real headings, lists, page numbers, language and direction.

use std::io::{self, Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::Document;
use super::blocks::{Block, Kind, Look, Span, blocks, is_right_to_left, language, right_to_left, title};
use super::xml::escape;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006";

/// The transcript as a DOCX file.
///
/// # Errors
/// Those of packing it, which happens in memory: it would have to be larger than 4 GiB.
pub fn render(document: &Document) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let small = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    // The order in which readers look for them.
    for (name, content) in [
        ("[Content_Types].xml", types()),
        ("_rels/.rels", package_relations()),
        ("word/document.xml", body(document)),
        ("word/_rels/document.xml.rels", relations()),
        ("word/styles.xml", styles(document)),
        ("word/numbering.xml", numbering()),
        ("word/settings.xml", settings()),
        ("word/footer1.xml", footer()),
        ("docProps/core.xml", core(document)),
        ("docProps/app.xml", app()),
    ] {
        zip.start_file(name, small)?;
        zip.write_all(HEAD.as_bytes())?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn types() -> String {
    let part = |name: &str, kind: &str| {
        format!(
            "<Override PartName=\"/{name}\" ContentType=\"application/vnd.openxmlformats-officedocument.{kind}+xml\"/>"
        )
    };
    let word = |name: &str| {
        let kind = name.trim_end_matches('1');
        let kind = if name == "document" { "document.main" } else { kind };
        part(&format!("word/{name}.xml"), &format!("wordprocessingml.{kind}"))
    };
    let words: String = ["document", "styles", "numbering", "settings", "footer1"].map(word).concat();
    format!(
        "<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{words}\
         <Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>{}</Types>",
        part("docProps/app.xml", "extended-properties")
    )
}

fn package_relations() -> String {
    format!(
        "<Relationships xmlns=\"{PACKAGE}/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{OFFICE}/relationships/officeDocument\" Target=\"word/document.xml\"/>\
         <Relationship Id=\"rId2\" Type=\"{PACKAGE}/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>\
         <Relationship Id=\"rId3\" Type=\"{OFFICE}/relationships/extended-properties\" Target=\"docProps/app.xml\"/></Relationships>"
    )
}

fn relations() -> String {
    let one = |(number, name): (usize, &str)| {
        let kind = name.trim_end_matches('1');
        format!(
            "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/relationships/{kind}\" Target=\"{name}.xml\"/>"
        )
    };
    let all: String = (1..).zip(["styles", "numbering", "settings", "footer1"]).map(one).collect();
    format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
}

/// A4 with margins of 2.5 cm; units are twentieths of a point.
fn body(document: &Document) -> String {
    let code = language(document).unwrap_or_default();
    let rtl = is_right_to_left(code);
    let mut body = String::new();
    for block in blocks(document) {
        paragraph(&mut body, &block, rtl);
    }
    let direction = if rtl { "<w:bidi/>" } else { "" };
    format!(
        "<w:document {MAIN}><w:body>{body}<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId4\"/>\
         <w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1417\" w:right=\"1417\" w:bottom=\"1417\" w:left=\"1417\" w:header=\"708\" w:footer=\"708\" w:gutter=\"0\"/>\
         {direction}</w:sectPr></w:body></w:document>"
    )
}

fn style(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Title => Some("Title"),
        Kind::Fact => Some("Facts"),
        Kind::Heading => Some("Heading1"),
        Kind::Subheading => Some("Heading2"),
        Kind::Bullet => Some("ListBullet"),
        Kind::Speaker => Some("Speaker"),
        Kind::Paragraph => None,
    }
}

fn paragraph(out: &mut String, block: &Block, document_rtl: bool) {
    let rtl = block.rtl(document_rtl);
    out.push_str("<w:p><w:pPr>");
    if let Some(style) = style(block.kind) {
        out.push_str(&format!("<w:pStyle w:val=\"{style}\"/>"));
    }
    if rtl {
        out.push_str("<w:bidi/>");
    }
    out.push_str("</w:pPr>");
    for span in &block.spans {
        run(out, span, right_to_left(&span.text).unwrap_or(rtl));
    }
    out.push_str("</w:p>");
}

fn run(out: &mut String, span: &Span, rtl: bool) {
    out.push_str("<w:r><w:rPr>");
    match span.look {
        Look::Plain => {}
        Look::Strong => out.push_str("<w:rStyle w:val=\"Strong\"/>"),
        Look::Muted => out.push_str("<w:rStyle w:val=\"Time\"/>"),
    }
    if rtl {
        out.push_str("<w:rtl/>");
    }
    out.push_str("</w:rPr><w:t xml:space=\"preserve\">");
    out.push_str(&escape(&span.text));
    out.push_str("</w:t></w:r>");
}

/// In which of Word's three places a language is named: that of its script.
fn languages(document: &Document) -> String {
    let Some(code) = language(document) else { return String::new() };
    let place = match code {
        "zh" | "ja" | "ko" | "yue" => "eastAsia",
        code if is_right_to_left(code) => "bidi",
        _ => "val",
    };
    format!("<w:lang w:{place}=\"{}\"/>", escape(code))
}

fn styles(document: &Document) -> String {
    // Sizes are half points, spaces twentieths of one.
    let size = |half: u32| format!("<w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/>");
    let bold = "<w:b/><w:bCs/>";
    let style = |id: &str, name: &str, next: &str, paragraph: &str, run: &str| {
        format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
             <w:next w:val=\"{next}\"/><w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        )
    };
    let heading = |level: u32, half: u32, before: u32| {
        style(
            &format!("Heading{level}"),
            &format!("heading {level}"),
            "Normal",
            &format!(
                "<w:keepNext/><w:keepLines/><w:spacing w:before=\"{before}\" w:after=\"80\"/><w:outlineLvl w:val=\"{}\"/>",
                level - 1
            ),
            &format!("{bold}{}", size(half)),
        )
    };
    let all = [
        style(
            "Title",
            "Title",
            "Normal",
            "<w:keepNext/><w:spacing w:after=\"160\" w:line=\"240\" w:lineRule=\"auto\"/>",
            &format!("{bold}{}", size(48)),
        ),
        heading(1, 32, 360),
        heading(2, 26, 240),
        style("Facts", "Facts", "Facts", "<w:spacing w:after=\"20\"/>", ""),
        style(
            "Speaker",
            "Speaker",
            "Normal",
            "<w:keepNext/><w:spacing w:before=\"160\" w:after=\"20\"/>",
            "",
        ),
        style(
            "ListBullet",
            "List Bullet",
            "ListBullet",
            "<w:numPr><w:numId w:val=\"1\"/></w:numPr><w:spacing w:after=\"60\"/>",
            "",
        ),
        style(
            "Footer",
            "footer",
            "Footer",
            "<w:jc w:val=\"center\"/>",
            "<w:color w:val=\"595959\"/><w:sz w:val=\"18\"/>",
        ),
    ]
    .concat();
    format!(
        "<w:styles {MAIN}><w:docDefaults><w:rPrDefault><w:rPr>\
         <w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:cs=\"Arial\"/>{}{}</w:rPr></w:rPrDefault>\
         <w:pPrDefault><w:pPr><w:spacing w:after=\"120\" w:line=\"276\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/></w:style>\
         <w:style w:type=\"character\" w:default=\"1\" w:styleId=\"DefaultParagraphFont\"><w:name w:val=\"Default Paragraph Font\"/></w:style>\
         <w:style w:type=\"character\" w:styleId=\"Strong\"><w:name w:val=\"Strong\"/><w:qFormat/><w:rPr>{bold}</w:rPr></w:style>\
         <w:style w:type=\"character\" w:customStyle=\"1\" w:styleId=\"Time\"><w:name w:val=\"Time\"/><w:rPr><w:color w:val=\"595959\"/>{}</w:rPr></w:style>\
         {all}</w:styles>",
        size(22),
        languages(document),
        size(20),
    )
}

fn numbering() -> String {
    format!(
        "<w:numbering {MAIN}><w:abstractNum w:abstractNumId=\"0\"><w:multiLevelType w:val=\"singleLevel\"/>\
         <w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"bullet\"/><w:pStyle w:val=\"ListBullet\"/><w:lvlText w:val=\"•\"/>\
         <w:lvlJc w:val=\"left\"/><w:pPr><w:ind w:left=\"360\" w:hanging=\"360\"/></w:pPr></w:lvl></w:abstractNum>\
         <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>"
    )
}

fn settings() -> String {
    format!(
        "<w:settings {MAIN}><w:zoom w:percent=\"100\"/><w:defaultTabStop w:val=\"708\"/><w:characterSpacingControl w:val=\"doNotCompress\"/>\
         <w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>"
    )
}

fn footer() -> String {
    let field = |name: &str| {
        let part = |what: &str| format!("<w:r><w:fldChar w:fldCharType=\"{what}\"/></w:r>");
        format!(
            "{}<w:r><w:instrText xml:space=\"preserve\"> {name} </w:instrText></w:r>{}<w:r><w:t>1</w:t></w:r>{}",
            part("begin"),
            part("separate"),
            part("end")
        )
    };
    format!(
        "<w:ftr {MAIN}><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>{}<w:r><w:t xml:space=\"preserve\"> / </w:t></w:r>{}</w:p></w:ftr>",
        field("PAGE"),
        field("NUMPAGES")
    )
}

fn core(document: &Document) -> String {
    let made = document.created_at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let made = made.map(|at| format!("<dcterms:created xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:created>"));
    let spoken = language(document).map(|code| format!("<dc:language>{}</dc:language>", escape(code)));
    format!(
        "<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{}</dc:title><dc:creator>Reflector</dc:creator>{}{}</cp:coreProperties>",
        escape(&title(document)),
        spoken.unwrap_or_default(),
        made.unwrap_or_default(),
    )
}

fn app() -> String {
    format!(
        "<Properties xmlns=\"{OFFICE}/extended-properties\"><Application>Reflector</Application></Properties>"
    )
}
