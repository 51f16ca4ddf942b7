// Offers the topics of the stream that is chosen. Without it a topic is typed.

const stream = document.querySelector("[data-stream]");
const topics = document.getElementById("topics");
let shown = null;

async function offer() {
  const option = [...document.querySelectorAll("#streams option")].find((one) => one.value === stream.value);
  const id = option?.dataset.id;
  if (id === shown) return;
  shown = id;
  topics.replaceChildren();
  if (!id) return;
  const answer = await fetch(`/v1/zulip/streams/${encodeURIComponent(id)}/topics`).catch(() => null);
  if (!answer?.ok || shown !== id) return;
  const found = await answer.json();
  topics.replaceChildren(
    ...found.slice(0, 200).map((topic) => {
      const one = document.createElement("option");
      one.value = topic.name;
      return one;
    }),
  );
}

if (stream && topics) {
  stream.addEventListener("input", offer);
  offer();
}
