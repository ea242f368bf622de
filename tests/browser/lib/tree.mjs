// SPDX-License-Identifier: ISC
// What Chromium tells those who listen to a page: its accessibility tree.

/** The nodes of PAGE that readers hear, in order: [{ role, name, ...properties }], such as level, live, focused. */
export async function tree(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Accessibility.enable');
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const byId = new Map(nodes.map(node => [node.nodeId, node]));
  const walk = node => [
    node,
    ...node.childIds
      .map(id => byId.get(id))
      .filter(Boolean)
      .flatMap(walk),
  ];
  return walk(nodes[0])
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties = [] }) => ({
      role: role?.value,
      name: name?.value ?? '',
      ...Object.fromEntries(properties.map(one => [one.name, one.value.value])),
    }));
}
