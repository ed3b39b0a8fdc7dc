// Says where it sends orders, and which it was given.

exports.handler = async (event) => {
  for (const { body } of event.Records ?? []) console.log("worked on", body);
  return { statusCode: 200, body: `said of ${process.env.QUEUE.split("/").at(-1)}` };
};
