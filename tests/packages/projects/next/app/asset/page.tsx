import Link from "next/link";
import { View } from "./view";

export default function Asset() {
  return (
    <main>
      <View assetId="ckv3x9d2a0001qzrmn831i7rn" />
      <Link href="/">Back</Link>
    </main>
  );
}
