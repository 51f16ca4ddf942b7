//! What an OpenAPI description says of each address, for the pages without script that show it: the site's and the speech server's.

use serde_json::Value;

/// Addresses that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they are about.
    pub name: String,
    pub addresses: Vec<Address>,
}

/// One method of one address.
#[derive(Clone, Debug)]
pub struct Address {
    pub method: String,
    pub path: String,
    pub summary: String,
    /// What else is said of it; may be empty.
    pub description: String,
    /// Name of each field of path, query, header or body, and its meaning, or else what kind of value it is.
    pub fields: Vec<(String, String)>,
    tags: Vec<String>,
}

/// Every address of a description.
pub fn addresses(description: &Value) -> Vec<Address> {
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut fields: Vec<_> =
                parameters.map(|one| (text(&one["name"]), meaning(one, &one["schema"]))).collect();
            for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                let schema = &content["schema"];
                let schema = named(schema).map_or(schema, |name| &description["components"]["schemas"][name]);
                let properties = schema["properties"].as_object().into_iter().flatten();
                fields.extend(properties.map(|(name, one)| (name.clone(), meaning(one, one))));
            }
            let tags = operation["tags"].as_array().into_iter().flatten();
            found.push(Address {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(&operation["summary"]),
                description: text(&operation["description"]),
                fields,
                tags: tags.map(text).collect(),
            });
        }
    }
    found
}

/// The same under the description's own tags, in their order.
pub fn groups(description: &Value) -> Vec<Group> {
    let all = addresses(description);
    let tags = description["tags"].as_array().into_iter().flatten();
    let group = |tag: &Value| {
        let name = text(&tag["name"]);
        let addresses = all.iter().filter(|one| one.tags.contains(&name)).cloned().collect();
        Group { name: text(&tag["description"]), addresses }
    };
    tags.map(group).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What is said of a value, or else its kind.
fn meaning(one: &Value, schema: &Value) -> String {
    one["description"].as_str().map_or_else(|| kind(schema), str::to_owned)
}

/// The name of a shape that stands elsewhere; one that may be left out, too.
fn named(schema: &Value) -> Option<&str> {
    let elsewhere = |one: &Value| one["$ref"].is_string();
    let one = match elsewhere(schema) {
        true => schema,
        false => schema["oneOf"].as_array()?.iter().find(|one| elsewhere(one))?,
    };
    one["$ref"].as_str()?.rsplit('/').next()
}

fn kind(schema: &Value) -> String {
    if let Some(name) = named(schema) {
        return name.to_owned();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect(),
        one => one.as_str().into_iter().collect(),
    };
    kinds.join(" or ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_of_path_query_and_body_is_told_with_its_meaning_or_kind() {
        let description = json!({
            "tags": [{ "name": "rooms", "description": "Rooms" }, { "name": "text", "description": "Text" }],
            "paths": { "/rooms/{id}": { "post": {
                "tags": ["rooms"], "summary": "Changes one", "description": "At once",
                "parameters": [{ "name": "id", "schema": { "$ref": "#/components/schemas/RoomId" } }],
                "requestBody": { "content": { "application/json": {
                    "schema": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/RoomIn" }] },
                } } },
            } } },
            "components": { "schemas": { "RoomIn": { "properties": {
                "name": { "type": ["string", "null"] },
                "shared": { "type": "boolean", "description": "For everybody" },
            } } } },
        });
        let groups = groups(&description);
        assert_eq!(groups.iter().map(|group| group.addresses.len()).collect::<Vec<_>>(), [1, 0]);
        let one = &groups[0].addresses[0];
        assert_eq!([&*one.method, &*one.path, &*one.summary], ["POST", "/rooms/{id}", "Changes one"]);
        assert_eq!(one.description, "At once");
        let mut fields = one.fields.clone();
        fields.sort();
        let told = [("id", "RoomId"), ("name", "string"), ("shared", "For everybody")];
        assert_eq!(fields, told.map(|(name, meaning)| (name.to_owned(), meaning.to_owned())));
    }
}
