// As React Native sets them up
import { URL, URLSearchParams } from "react-native/Libraries/Blob/URL";

Object.assign(globalThis, { URL, URLSearchParams });
