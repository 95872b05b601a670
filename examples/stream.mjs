// Follows a message until it has ended: node --experimental-eventsource stream.mjs URL MESSAGE
const [url, message] = process.argv.slice(2);
const events = new EventSource(`${url}/crypto/sign?${new URLSearchParams({ message })}`);

events.addEventListener("pending", (event) => {
  const { place, retry_in_seconds: seconds } = JSON.parse(event.data);
  console.log(`It waits${place ? ` as number ${place}` : ""}; the next attempt is in ${seconds} s.`);
});
events.addEventListener("signed", (event) => {
  console.log(`Signature: ${JSON.parse(event.data).value}`);
  events.close();
});
events.addEventListener("rejected", (event) => {
  console.error(`Not signed: ${JSON.parse(event.data).value}`);
  process.exitCode = 1;
  events.close();
});
// After an interruption it comes back by itself, and is told what is new; what is refused closes it.
events.addEventListener("error", () => {
  if (events.readyState === EventSource.CLOSED) {
    console.error("The request was refused.");
    process.exitCode = 1;
  }
});
