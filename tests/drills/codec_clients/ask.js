// jsxapi at one codec: node ask.js URL USER PASSWORD. One line of JSON for each thing that happened.
'use strict';

const jsxapi = require('jsxapi');

const [url, username, password] = process.argv.slice(2);
const tell = (what, told) => process.stdout.write(`${JSON.stringify([what, told])}\n`);
const refused = (error) => error.message || String(error);

function connect(word) {
  return new Promise((resolve, reject) => {
    const xapi = jsxapi.connect(url, { username, password: word });
    xapi.on('ready', () => resolve(xapi));
    xapi.on('error', reject);
  });
}

async function main() {
  await connect(`${password}-wrong`).then(
    () => tell('wrong password', 'entered'),
    (error) => tell('wrong password', refused(error)),
  );
  const xapi = await connect(password);
  tell('volume', await xapi.Status.Audio.Volume.get());
  tell('software', await xapi.status.get('SystemUnit Software Version'));
  tell('camera', await xapi.status.get('Cameras Camera 1'));
  tell('name', await xapi.config.get('SystemUnit Name'));
  tell('missing', await xapi.status.get('Nothing').catch(refused));
  tell('command', await xapi.command('Standby Deactivate').catch(refused));
  tell('setting', await xapi.config.set('SystemUnit Name', 'mine').catch(refused));
  const heard = new Promise((resolve) => {
    const off = xapi.status.on('Audio Microphones Mute', resolve);
    off.registration.then(() => tell('subscribed', true));
  });
  tell('mute', await heard);
  xapi.close();
}

main().then(
  () => process.exit(0),
  (error) => {
    tell('failed', refused(error));
    process.exit(1);
  },
);
